"""Who may do what with challenge."""

CHALLENGE_RULES: dict[str, str] = {}
