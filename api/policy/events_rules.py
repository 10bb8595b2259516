"""Who may do what with events."""

EVENTS_RULES: dict[str, str] = {}
