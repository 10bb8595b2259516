"""Judges: who is registered to judge a challenge, for which organisation, how much, and with what knowledge.

The problem: a list of judges in a spreadsheet says nothing of where they work, and the rule "one reader per
organisation" cannot be kept. A judge is registered once per challenge, by a code that stands for the person;
by which marks the person can be recognised is a matter of ``conflicts.identity``.
"""

import json
from dataclasses import dataclass

from ..finance.documents import canonical_bytes

MOST_READS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A person who is registered to judge.

    Attributes
    ----------
    code : str
        Stands for the person.
    organisation : str
        Code of who employs the judge; empty for nobody.
    load : tuple[int, int] [reads]
        Fewest and most that the judge reads; the brief's bounds hold besides.
    attributes, languages : tuple[str, ...]
        What the judge is (``senior``), and what the judge reads; no language: any.
    panel : str
        On which the judge sits; empty where there is one.

    Examples
    --------
    >>> Judge(code="j-1", organisation="school", attributes=("senior",)).profile_bytes()
    b'{"attributes":["senior"],"languages":[],"panel":""}'
    """

    code: str
    organisation: str = ""
    load: tuple[int, int] = (0, MOST_READS)
    attributes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    panel: str = ""

    def __post_init__(self) -> None:
        if not self.code:
            raise ValueError("a judge needs a code")
        lo, hi = self.load
        if type(lo) is not int or type(hi) is not int or not 0 <= lo <= hi <= MOST_READS:
            raise ValueError(
                f"a load is two numbers of reads, fewest first, up to {MOST_READS}; not {self.load}"
            )

    def profile_bytes(self) -> bytes:
        """Write what is known of the judge besides organisation and load."""
        known = {
            "attributes": sorted(self.attributes),
            "languages": sorted(self.languages),
            "panel": self.panel,
        }
        return canonical_bytes(known)


def read_judge(*, code: str, organisation: str, load: tuple[int, int], profile: bytes) -> Judge:
    """Read a judge from what is stored.

    Parameters
    ----------
    code, organisation, load
        As of ``Judge``.
    profile : bytes
        From ``profile_bytes``.

    Examples
    --------
    >>> read_judge(code="j-1", organisation="", load=(0, 5), profile=b'{"languages":["sw"]}').languages
    ('sw',)
    """
    known = json.loads(profile)
    return Judge(
        code=code,
        organisation=organisation,
        load=load,
        attributes=tuple(known.get("attributes", ())),
        languages=tuple(known.get("languages", ())),
        panel=known.get("panel", ""),
    )
