"""Every operation x every caller x own, other and foreign: the reviewed tables, the rules and the answers."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from tests.doors.people import Asker, grants_of, identify_by_name

from almoner.api import create_app
from almoner.api.door import NOT_HERE
from almoner.api.identity import Caller
from almoner.api.operation import Operation
from almoner.api.policy import RULES
from almoner.api.policy.matrix import NAMES, SITUATIONS, cell, rows
from almoner.api.records.tables import COMMAND
from almoner.api.routes import OPERATIONS
from almoner.finance.dates import Clock
from almoner.finance.records.tables import EVENT
from almoner.finance.storage import Engine, Session

TABLES = Path(__file__).parent / "access"
CALLERS = {
    "funder": "fiona",
    "investor": "ivo",
    "intermediary": "mira",
    "hub": "hana",
    "evaluator": "eva",
    "judge": "jana",
    "admin": "ada",
    "roleless": "nora",
}
