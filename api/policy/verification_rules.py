"""Who may do what with verification."""

VERIFICATION_RULES: dict[str, str] = {}
