"""The people of the journey: each signs in with a password and signs with a key of their own."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from journey.wire import Answer, Json, Send

from almoner.finance.dates import Clock
from almoner.finance.signatures import public_key, sign_bytes

FRESH = timedelta(minutes=9)
KEYS = count(1)


def secret_of(party: str) -> bytes:
    """Return the secret key of a party; each would keep its own to itself."""
    return hashlib.sha256(f"journey/{party}".encode()).digest()


def public_of(party: str) -> str:
    """Return the public key of a party as it is registered."""
    return public_key(secret_of(party)).hex()


def sign(party: str, content: bytes) -> bytes:
    """Sign in the name of a party."""
    return sign_bytes(secret_of(party), content)


@dataclass
class Person:
    """Somebody with a login, who signs in again when their token has run out."""

    code: str
    send: Send
    clock: Clock
    token: str = field(default="", repr=False)
    since: datetime | None = None

    @property
    def password(self) -> str:
        """Return the password: invented, and typed nowhere else."""
        return f"a long sentence of {self.code}"

    def sign_in(self) -> None:
        """Trade the password for a token of ten minutes."""
        asked = {"grant_type": "password", "username": self.code, "password": self.password}
        answer = self.send("token_issue", {}, asked, token="", headers={})
        self.token, self.since = require(answer, "token_issue")["access_token"], self.clock()

    def ask(self, operation: str, body: Json = None, *, tag: str = "", **given: str) -> Answer:
        """Send one request, signed in; a write gets a key of its own."""
        if self.since is None or not timedelta() <= self.clock() - self.since < FRESH:
            self.sign_in()
        headers: Mapping[str, str] = {"Idempotency-Key": f"{self.code}-{next(KEYS)}"}
        if tag:
            headers = {**headers, "If-Match": tag}
        return self.send(operation, given, body, token=self.token, headers=headers)

    def __call__(self, operation: str, body: Json = None, *, tag: str = "", **given: str) -> Json:
        """Send one request, and return the body of its success."""
        return require(self.ask(operation, body, tag=tag, **given), f"{self.code}: {operation}")


def require(answer: Answer, what: str) -> Json:
    """Return the body of a success.

    Raises
    ------
    RuntimeError
        With the problem document, when it is none.
    """
    if answer.status not in {200, 201, 202}:
        raise RuntimeError(f"{what} was answered {answer.status}: {answer.body}")
    return answer.body
