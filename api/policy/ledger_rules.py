"""Who may do what with ledger."""

LEDGER_RULES: dict[str, str] = {}
