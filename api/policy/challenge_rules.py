"""Who may do what with challenges, briefs, applications and progress; a published brief is everybody's."""

CHALLENGE_RULES: dict[str, str] = {
    "amendment.approve": "Fc",
    "amendment.consent": "Ho",
    "amendment.propose": "F M",
    "amendment.read": "F M H J",
    "brief.lint": "P S",
    "brief.read": "P S",
    "brief.versions": "P S",
    "challenge.list": "P S",
    "challenge.publish": "F M",
    "challenge.read": "P S",
    "notice.list": "F M",
    "notice.record": "F M",
}
