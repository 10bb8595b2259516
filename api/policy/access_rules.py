"""Who may do what with access."""

ACCESS_RULES: dict[str, str] = {}
