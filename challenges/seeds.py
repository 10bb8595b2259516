"""Seeds of lotteries: random values that neither applicants nor judges can choose.

The problem: whoever can choose the seed chooses the winner. A beacon is a public random value of an instant
that was named before; nobody knows it when the band is published. A committed seed mixes a secret, whose
digest was published with the brief, with the next root of the log. That stops applicants and judges, **not an
operator who seals the log himself**, and the public page says so.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from .errors import TieUnresolved

_HEX = re.compile(r"[0-9a-f]{32,256}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacon:
    """A public random value, as it was entered.

    Attributes
    ----------
    source : str
        Who publishes it, and under which number.
    named_at, instant : datetime
        When it was named in public, and when the value came out.
    value : str
        At least 128 bits, in hexadecimal digits.
    proof : str
        Signature or address by which anybody can check the value.

    Examples
    --------
    >>> from datetime import UTC
    >>> Beacon(source="city beacon, pulse 7", named_at=datetime(2027, 4, 12, tzinfo=UTC),
    ...     instant=datetime(2027, 4, 13, tzinfo=UTC), value="5f" * 16, proof="signed").seed[:4]
    '5f5f'
    """

    source: str
    named_at: datetime
    instant: datetime
    value: str
    proof: str

    def __post_init__(self) -> None:
        if not self.source or not self.proof or not _HEX.fullmatch(self.value):
            raise TieUnresolved(
                "A beacon has a source, a proof and a value of 32 to 256 hexadecimal digits, small letters.",
                source=self.source,
            )
        if self.named_at.tzinfo is None or self.instant.tzinfo is None or self.instant <= self.named_at:
            raise TieUnresolved(
                f"The beacon of {self.instant.isoformat()} was named at {self.named_at.isoformat()}: "
                "name one whose value nobody knows yet.",
                instant=self.instant.isoformat(),
                named_at=self.named_at.isoformat(),
            )

    @property
    def seed(self) -> str:
        """What the lot is drawn with."""
        return self.value


def commit(nonce: str) -> str:
    """Return what is published with the brief: the SHA-256 of a secret.

    Parameters
    ----------
    nonce : str
        At least 32 hexadecimal digits, kept secret until the lot.

    Raises
    ------
    TieUnresolved
        When it is shorter: it could be guessed.

    Examples
    --------
    >>> commit("ab" * 16)[:8]
    'd2f9fa9d'
    """
    if not _HEX.fullmatch(nonce):
        raise TieUnresolved("A secret for a seed has 32 to 256 hexadecimal digits, small letters.")
    return hashlib.sha256(nonce.encode()).hexdigest()


def committed_seed(nonce: str, commitment: str, root: str) -> str:
    """Return the seed from a secret, opened now, and a root of the log.

    Parameters
    ----------
    nonce : str
        The secret.
    commitment : str
        As published with the brief.
    root : str
        Of the first checkpoint of the log after the band was published, in hexadecimal digits.

    Raises
    ------
    TieUnresolved
        When the secret is not the one that was committed to, or the root is none.

    Examples
    --------
    >>> committed_seed("ab" * 16, commit("ab" * 16), "cd" * 32)[:8]
    '04b06948'
    """
    if commit(nonce) != commitment:
        raise TieUnresolved(
            f"The secret opens another commitment than {commitment}: the lot cannot be drawn with it.",
            commitment=commitment,
        )
    if not _HEX.fullmatch(root):
        raise TieUnresolved(f"The root of the log has 32 to 256 hexadecimal digits, not {root!r}.", root=root)
    return hashlib.sha256(f"{root}{nonce}".encode()).hexdigest()
