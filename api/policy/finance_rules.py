"""Who may do what with books, parties, funds and gifts.

A deposit is booked by those who keep the books, not on the giver's word; a gift is valued in the valuer's own
name, and the floor refuses the giver; nobody but the keeper of the books writes a promise off or ends a tie.
"""

FINANCE_RULES: dict[str, str] = {
    "book.list": "S",
    "book.open": "A",
    "book.read": "F I M H E J A",
    "contribution.book": "M",
    "earmark.list": "F I M H E",
    "earmark.open": "F M",
    "fund.list": "P* F I M H* E J*",
    "fund.open": "F M",
    "fund.read": "P* F I M H* E J*",
    "party.list": "F I M H E J A",
    "party.read": "F I M H E J A",
    "party.register": "F M",
    "tie.declare": "Eo Fo Ho Io Jo M",
    "tie.end": "M",
    "tie.list": "A Eo F Ho Io Jo M",
    "unit.list": "S",
    "unit.register": "M",
}
