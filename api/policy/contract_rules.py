"""Who may do what with contract."""

CONTRACT_RULES: dict[str, str] = {}
