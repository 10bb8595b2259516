"""Who may do what with claims, determinations, disputes, settlements, payouts and imported rows."""

VERIFICATION_RULES: dict[str, str] = {
    "claim.list": "F I* M Ho E",
    "claim.make": "Ho",
    "claim.read": "F I* M Ho E",
    "claim.refer": "Ho",
    "evidence.attach": "Ho",
    "evidence.check": "F M Ho E",
    "evidence.list": "F M Ho E",
}
