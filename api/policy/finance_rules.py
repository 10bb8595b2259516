"""Who may do what with funds, gifts and the ledger."""

FINANCE_RULES: dict[str, str] = {
    "contribution.book": "M",
    "fund.list": "P* F I M H* E J*",
    "fund.open": "M",
    "fund.read": "P* F I M H* E J*",
}
