"""Secrets that have to be read again, encrypted where they rest.

The problem: a webhook's secret signs each message, so a digest of it is not enough, and a copy of the
database must not sign in our name. The key stands outside of the database; each box names the key it was
closed with, so that a new key closes while older ones still open. A box opens only in the place it was
closed for: moved to another row, it stays shut.
"""

import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import VaultLocked

KEY_BYTES = 32
_NAME, _NONCE = 4, 12


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Vault:
    """Keys that close and open boxes: AES-256-GCM.

    Attributes
    ----------
    keys : tuple of bytes
        32 bytes each; the first closes, all open.

    Examples
    --------
    >>> vault = Vault(keys=(bytes(32),))
    >>> vault.open(vault.close(b"secret", "endpoint/1"), "endpoint/1")
    b'secret'
    """

    keys: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.keys or any(len(key) != KEY_BYTES for key in self.keys):
            raise ValueError(f"a vault takes keys of {KEY_BYTES} bytes, at least one")

    def close(self, plain: bytes, place: str) -> bytes:
        """Encrypt something for one place.

        Parameters
        ----------
        plain : bytes
            What is hidden.
        place : str
            Where the box will lie, for example a table and a row.
        """
        key, nonce = self.keys[0], os.urandom(_NONCE)
        return _name(key) + nonce + AESGCM(key).encrypt(nonce, plain, place.encode())

    def open(self, box: bytes, place: str) -> bytes:
        """Decrypt what was closed for this place.

        Raises
        ------
        VaultLocked
            When no key of ours closed it, or it was closed for another place.
        """
        name, nonce, rest = box[:_NAME], box[_NAME : _NAME + _NONCE], box[_NAME + _NONCE :]
        for key in self.keys:
            if _name(key) == name:
                try:
                    return AESGCM(key).decrypt(nonce, rest, place.encode())
                except InvalidTag:
                    break
        raise VaultLocked(
            "A stored secret does not open with the keys of this installation. Give it the key that closed "
            "it, or make a new secret."
        )


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"almoner vault\x00" + key).digest()[:_NAME]
