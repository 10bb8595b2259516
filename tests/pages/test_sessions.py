"""Sign-ins of the pages: what the cookie is, when it ends, and which forms are taken."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from tests.journeys.serving import Hand, enrol_people
from tests.pages.visiting import FormReader, SentForm, read

from almoner.api import create_app, passwords
from almoner.api.door import Door
from almoner.api.identity import nobody
from almoner.api.pages import Guest, Look
from almoner.api.signing_in import credentials_of
from almoner.api.tokens import new_pem, read_keys
from almoner.finance.dates import Clock
from almoner.finance.storage import Engine
