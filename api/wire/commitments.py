"""What is asked and answered about what a fund has promised to grantees."""

from typing import Self

from pydantic import Field, model_validator

from ...finance.accounts import Promise
from ...finance.documents import Code, DecimalText
from ...finance.records.entries import AccountBalance
from .base import Made, Reply
from .booking import AmountRequest, BookedRequest, UseRequest


def commitment(code: str) -> Promise:
    """Return the promise of a commitment; promises of agreements are made and ended by their agreement.

    Examples
    --------
    >>> str(commitment("well-7"))
    'commitment well-7'
    """
    return Promise("commitment", code)


class CommitmentRequest(UseRequest):
    """Part of what is free, to be promised to a grantee."""

    code: Code = Field(examples=["well-7"])


class CommitmentPayment(AmountRequest):
    """A payment out of what was promised."""

    code: Code = Field(examples=["well-7"])
    payee: Code = Field(examples=["hub-a"])


class CommitmentRelease(BookedRequest):
    """What is left of a promise, or a part of it, to be free again; without an amount, all."""

    code: Code = Field(examples=["well-7"])
    amount: DecimalText | None = None


class CommitmentReassignment(UseRequest):
    """Part of one promise that becomes another."""

    given: Code = Field(examples=["well-7"])
    taken: Code = Field(examples=["well-8"])

    @model_validator(mode="after")
    def _require_two(self) -> Self:
        if self.given == self.taken:
            raise ValueError("a promise cannot become itself: name two")
        return self


class CommitmentLine(Reply):
    """What is left of one promise under one restriction.

    Attributes
    ----------
    kind : str
        ``commitment`` to a grantee, or ``agreement`` with terms.
    """

    kind: str
    code: str
    earmark: str
    left: str
    unit: str

    @classmethod
    def of(cls, row: AccountBalance) -> Self:
        """Return an obligation's balance as a reply."""
        _, kind, code = row.account.path.removeprefix(row.account.fund).split("/", 2)
        return cls(
            kind=kind,
            code=code,
            earmark=row.account.earmark,
            left=row.outstanding.text,
            unit=row.account.unit.code,
        )


class CommitmentList(Reply):
    """A page of promises that something is left of."""

    items: list[CommitmentLine]
    next: str | None


class ReleaseMade(Made):
    """What was released; zero where nothing was left."""

    code: str
    released: str
    unit: str
