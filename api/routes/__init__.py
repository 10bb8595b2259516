"""Routes, one module per noun."""

from ..operation import Operation
from . import (
    agreements,
    api_keys,
    books,
    briefs,
    challenges,
    claims,
    earmarks,
    funds,
    ledger,
    parties,
    persons,
    role_grants,
    sign_in,
)

OPERATIONS: tuple[Operation, ...] = (
    *agreements.OPERATIONS,
    *api_keys.OPERATIONS,
    *books.OPERATIONS,
    *briefs.OPERATIONS,
    *challenges.OPERATIONS,
    *claims.OPERATIONS,
    *earmarks.OPERATIONS,
    *funds.OPERATIONS,
    *ledger.OPERATIONS,
    *parties.OPERATIONS,
    *persons.OPERATIONS,
    *role_grants.OPERATIONS,
    *sign_in.OPERATIONS,
)
