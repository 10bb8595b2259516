"""Settings of an installation: from the environment (``ALMONER_…``) or from files, and nowhere else.

The problem: a server that starts with the secret of an example, or with none, works as well as one with a
good secret until somebody notices. Every secret is looked at before the first socket opens; what is missing,
short, repeated or copied from an example ends the start with one message that names all of them, and shows
the value of none.

A secret may be a file: below the folder of ``ALMONER_SECRETS_DIR`` (``/run/secrets`` where it exists), named
like its variable in small letters, for example ``almoner_secret``. The environment wins over files.
"""

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ..finance.storage import DEFAULT_URL
from .door import MIB, Limits
from .errors import SettingsInvalid
from .pages.words import SHIPPED
from .tokens import read_keys

PREFIX = "ALMONER_"
FOLDER_VARIABLE = f"{PREFIX}SECRETS_DIR"
USUAL_FOLDER = Path("/run/secrets")
SHORTEST, LEAST_SYMBOLS, KEY_DIGITS = 32, 10, 64
LISTED = re.compile(
    "change|default|example|placeholder|insecure|password|sample|replace|your[-_ ]", re.IGNORECASE
)
KEY = re.compile(r"[0-9a-fA-F]{64}")
PEM = re.compile(r"-----BEGIN [A-Z ]+-----.+?-----END [A-Z ]+-----", re.DOTALL)
HINT = "Make good ones with: almoner secrets FOLDER"
Words = Annotated[tuple[str, ...], NoDecode]


def require_strong(text: str) -> str:
    """Return a secret that nobody guesses.

    Parameters
    ----------
    text : str
        As it was set.

    Raises
    ------
    ValueError
        When it is short, monotonous or from an example; the message does not show it.

    Examples
    --------
    >>> require_strong("c0ffee" * 6)
    Traceback (most recent call last):
    ...
    ValueError: has 4 different characters, and needs 10
    """
    if len(text) < SHORTEST:
        raise ValueError(f"has {len(text)} characters, and needs {SHORTEST}")
    if len(set(text)) < LEAST_SYMBOLS:
        raise ValueError(f"has {len(set(text))} different characters, and needs {LEAST_SYMBOLS}")
    if LISTED.search(text):
        raise ValueError("is one of an example")
    return text


def read_key(text: str) -> bytes:
    """Return a key of 32 bytes from 64 hexadecimal digits.

    Parameters
    ----------
    text : str
        As it was set.

    Raises
    ------
    ValueError
        When it is none, or one that somebody could guess; the message does not show it.

    Examples
    --------
    >>> read_key("00" * 32)
    Traceback (most recent call last):
    ...
    ValueError: has 1 different characters, and needs 10
    """
    if not KEY.fullmatch(text):
        raise ValueError(f"has {len(text)} characters, and needs {KEY_DIGITS} hexadecimal digits")
    require_strong(text)
    return bytes.fromhex(text)


class Settings(BaseSettings):
    """All that an installation is told.

    Attributes
    ----------
    db : SecretStr
        Address of the database.
    host, port : str, int [port number]
        Where to listen.
    url : str
        Address under which people reach it; written into tokens, and asked of them.
    secret : SecretStr
        Signs cursors; at least 32 characters.
    signing_keys : SecretStr
        Private Ed25519 keys in PEM, one behind the other; the first signs tokens, all are good for reading.
    password_sign_in : bool or None
        Whether people sign in here; None has it on until an issuer is set.
    oidc_issuer, oidc_audience, oidc_jwks_url, oidc_acr : str and words
        Whose tokens are trusted, see ``oidc.Issuer``.
    seal_name, seal_key : str, SecretStr
        Who seals the log, with which secret key (64 hexadecimal digits).
    vault_keys : SecretStr
        Keys that close the secrets of webhooks (64 hexadecimal digits each, in a row): the first closes, all
        open. Without one, no webhooks.
    people_key : SecretStr
        Key of the pseudonyms of people (64 hexadecimal digits), the same for ever; without it, no rows of
        people are taken.
    metrics_token : SecretStr
        What ``/ops/metrics`` is read with; without it, there are none.
    pages : bool
        Whether the pages are shown beside the API.
    name : str
        Stands at the head of each page.
    languages : tuple of str
        Of the pages, the usual one first.
    chromium : str
        Path of a browser that prints PDF.
    proxies : tuple of str
        Networks whose ``X-Forwarded-For`` is believed.
    row_security : bool
        On PostgreSQL, bind every request to its book by a role of its own.
    outbound_local : bool
        Let webhooks go to this machine, without TLS: for trials on a loopback address, refused elsewhere.
    signed_in, anonymous : int [requests/min]
        Per caller, and per address without one; 0 for no limit.
    uploads : int [requests/h]
        Files per caller.
    body, upload : int [bytes]
        Of a JSON body, and of a file.
    threads : int [threads]
        Requests worked on at once; the pool of connections is as large.
    connections : int [connections]
        Held open at once; beyond, 503.
    patience : float [s]
        For the head of a request to arrive, and for its body.
    notice : float [s]
        Between being told to end and taking no more: time for a balancer to notice.
    drain : int [s]
        For requests under way, at the end.

    Examples
    --------
    >>> from secrets import token_hex
    >>> alone = {"password_sign_in": False, "url": "https://funds.example.org/"}
    >>> Settings(secret=token_hex(32), seal_key=token_hex(32), **alone).address
    'https://funds.example.org'
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True, str_strip_whitespace=True
    )

    db: SecretStr = SecretStr(DEFAULT_URL)
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    url: str = ""
    secret: SecretStr = SecretStr("")
    signing_keys: SecretStr = SecretStr("")
    password_sign_in: bool | None = None
    oidc_issuer: str = ""
    oidc_audience: str = ""
    oidc_jwks_url: str = ""
    oidc_acr: Words = ()
    seal_name: str = Field(default="almoner", pattern=r"^[a-z0-9][a-z0-9.-]{0,62}$")
    seal_key: SecretStr = SecretStr("")
    vault_keys: SecretStr = SecretStr("")
    people_key: SecretStr = SecretStr("")
    metrics_token: SecretStr = SecretStr("")
    pages: bool = True
    name: str = Field(default="almoner", min_length=1, max_length=60)
    languages: Words = SHIPPED
    chromium: str = ""
    proxies: Words = ()
    row_security: bool = True
    outbound_local: bool = False
    signed_in: int = Field(default=600, ge=0)
    anonymous: int = Field(default=60, ge=0)
    uploads: int = Field(default=20, ge=0)
    body: int = Field(default=MIB, ge=1024)
    upload: int = Field(default=20 * MIB, ge=1024)
    threads: int = Field(default=48, ge=1, le=512)
    connections: int = Field(default=2000, ge=10)
    patience: float = Field(default=30.0, gt=0, le=600)
    notice: float = Field(default=2.0, ge=0, le=60)
    drain: int = Field(default=30, ge=1, le=600)

    @field_validator("proxies", "oidc_acr", "languages", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        return tuple(re.split(r"[\s,]+", given.strip())) if given.strip() else ()

    @field_validator("languages")
    @classmethod
    def _shipped(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        if not given or not set(given) <= set(SHIPPED):
            raise ValueError(f"are some of {', '.join(SHIPPED)}")
        return given

    @field_validator("proxies")
    @classmethod
    def _networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        for one in given:
            ip_network(one)
        return given

    @field_validator("url", "oidc_issuer", "oidc_jwks_url")
    @classmethod
    def _address(cls, given: str) -> str:
        if given and (urlsplit(given).scheme not in {"http", "https"} or not urlsplit(given).hostname):
            raise ValueError("is no address: write https://NAME")
        return given.rstrip("/")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        faults = [*self._secrets_at_fault(), *self._together_at_fault()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _secrets_at_fault(self) -> list[str]:
        faults = []
        for name, needed in SECRETS.items():
            text = getattr(self, name).get_secret_value().strip()
            if not text and needed and not (name == "signing_keys" and not self.signs_in):
                faults.append(f"{PREFIX}{name.upper()} is missing")
            try:
                for one in _parts(name, text):
                    _require_good(name, one)
            except ValueError as fault:
                faults.append(f"{PREFIX}{name.upper()} {fault}")
        given = [
            one for name in SECRETS for one in _parts(name, getattr(self, name).get_secret_value().strip())
        ]
        if len(given) != len(set(given)):
            faults.append("two secrets are the same: take another for each")
        return faults

    def _together_at_fault(self) -> list[str]:
        faults = []
        if not self.db.get_secret_value():
            faults.append(f"{PREFIX}DB is missing: the address of the database")
        if self.oidc_issuer and not self.oidc_audience:
            faults.append(f"{PREFIX}OIDC_AUDIENCE is missing: the name of this installation at the issuer")
        if self.chromium and not Path(self.chromium).is_file():
            faults.append(f"{PREFIX}CHROMIUM names no file: give the path of a Chromium")
        if self.outbound_local and not _is_loopback(self.host):
            faults.append(f"{PREFIX}OUTBOUND_LOCAL is for trials, with {PREFIX}HOST on this machine alone")
        return faults

    @property
    def signs_in(self) -> bool:
        """Tell whether people sign in here with a password."""
        return not self.oidc_issuer if self.password_sign_in is None else self.password_sign_in

    @property
    def address(self) -> str:
        """Return the address that tokens name."""
        return self.url or f"http://{self.host}:{self.port}"

    @property
    def on_this_machine(self) -> bool:
        """Tell whether people reach it over plain HTTP at this machine alone: a trial."""
        parts = urlsplit(self.address)
        return parts.scheme == "http" and _is_loopback(parts.hostname or "")

    @property
    def pems(self) -> tuple[str, ...]:
        """Return the keys that sign tokens, the signing one first."""
        return tuple(PEM.findall(self.signing_keys.get_secret_value()))

    @property
    def vault(self) -> tuple[bytes, ...]:
        """Return the keys of the vault, the closing one first."""
        return tuple(read_key(one) for one in self.vault_keys.get_secret_value().split())

    @property
    def limits(self) -> Limits:
        """Return how much one request and one caller may ask."""
        return Limits(
            body=self.body,
            upload=self.upload,
            patience=self.patience,
            signed_in=self.signed_in,
            anonymous=self.anonymous,
            uploads=self.uploads,
            threads=self.threads,
        )


KEYS = ("seal_key", "people_key", "vault_keys")
SECRETS: Mapping[str, bool] = {
    "secret": True,
    "signing_keys": True,
    "seal_key": True,
    "vault_keys": False,
    "people_key": False,
    "metrics_token": False,
}


def _require_good(name: str, text: str) -> None:
    if name == "signing_keys":
        read_keys("", "", PEM.findall(text))
    elif name in KEYS:
        read_key(text)
    else:
        require_strong(text)


def _parts(name: str, text: str) -> list[str]:
    """Return the secrets that one setting holds."""
    if name == "vault_keys":
        return text.split()
    return [text] if text else []


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_settings(**given: object) -> Settings:
    """Return the settings of the environment and of files; what is given wins over both.

    Parameters
    ----------
    **given
        Settings by name, None for those of the environment.

    Raises
    ------
    SettingsInvalid
        With everything that is missing or wrong, and no value.
    """
    folder = os.environ.get(FOLDER_VARIABLE, "")
    where = Path(folder) if folder else USUAL_FOLDER
    if folder and not where.is_dir():
        raise SettingsInvalid(f"There is no folder {folder}, which {FOLDER_VARIABLE} names.")
    wanted = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(_secrets_dir=where if where.is_dir() else None, **wanted)  # type: ignore[call-arg, arg-type]  # what pydantic-settings takes beside the fields
    except ValidationError as fault:
        said = [
            _finding(one["loc"], one["msg"]) for one in fault.errors(include_input=False, include_url=False)
        ]
        raise SettingsInvalid(f"{'; '.join(said)}. {HINT}", findings=said) from None


def _finding(place: tuple[int | str, ...], message: str) -> str:
    told = message.removeprefix("Value error, ")
    return f"{PREFIX}{str(place[0]).upper()}: {told}" if place else told
