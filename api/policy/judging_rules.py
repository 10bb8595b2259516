"""Who may do what with judging."""

JUDGING_RULES: dict[str, str] = {}
