"""A challenge in a fund: published once, and every prize covered before anybody applies.

The problem: prizes are announced that nobody has the money for. A challenge exists only together with the
commitment that covers its prizes; each award later takes its part out of that commitment.
"""

from dataclasses import dataclass

from ..finance.accounts import Promise
from .applications import Application
from .brief import Brief
from .eligibility import Finding, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenge:
    """A published challenge.

    Attributes
    ----------
    book, fund : str
        Whose money covers the prizes.
    brief : Brief
        The rules.
    """

    book: str
    fund: str
    brief: Brief

    @property
    def code(self) -> str:
        """Code of the challenge."""
        return self.brief.challenge_id

    @property
    def prizes_promise(self) -> Promise:
        """The commitment that covers the prizes nobody has won yet."""
        return Promise("commitment", self.code)

    def award_promise(self, application_id: str) -> Promise:
        """Return the commitment to one winner."""
        return Promise("commitment", f"{self.code}#{application_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """An application as it was received, with what the eligibility rule found.

    Attributes
    ----------
    application : Application
        As submitted.
    finding : Finding or None
        None when the brief lets everybody in.
    """

    application: Application
    finding: Finding | None

    @property
    def status(self) -> Status:
        """``pass``, ``needs_document`` or ``fail``."""
        return "pass" if self.finding is None else self.finding.status
