"""Who may do what with terms, agreements, amendments, metrics, cohorts and portfolios."""

CONTRACT_RULES: dict[str, str] = {
    "agreement.bytes": "F I M H E",
    "agreement.document": "F I M H E",
    "agreement.draft": "F M",
    "agreement.list": "P* F I M H E",
    "agreement.propose": "F M",
    "agreement.read": "P* F I M H E",
    "agreement.redraft": "F M",
    "agreement.sign": "Fo Io Mo Ho Eo !",
    "agreement.withdraw": "F M",
}
