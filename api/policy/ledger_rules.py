"""Who may do what with accounts, transactions, promises, payments, proposals and the log."""

LEDGER_RULES: dict[str, str] = {
    "account.balance": "F M",
    "account.history": "F M",
    "account.list": "F M",
    "fund_transaction.list": "P* F Io M Ho A*",
    "fund_transaction.read": "P* F Io M Ho A*",
    "fund_transaction.trace": "P* F Io M Ho A*",
    "reversal.make": "M",
    "transaction.list": "F Io M Ho A*",
    "transaction.post": "M",
    "transaction.read": "F Io M Ho A*",
    "transaction.trace": "F Io M Ho A*",
    "trial_balance.read": "F M",
}
