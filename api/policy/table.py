"""The table: every operation's rule, one module per group of nouns."""

from collections.abc import Mapping

from .access_rules import ACCESS_RULES
from .challenge_rules import CHALLENGE_RULES
from .contract_rules import CONTRACT_RULES
from .events_rules import EVENTS_RULES
from .finance_rules import FINANCE_RULES
from .judging_rules import JUDGING_RULES
from .ledger_rules import LEDGER_RULES
from .rules import Rule, rule
from .verification_rules import VERIFICATION_RULES

_GROUPS = (
    *(ACCESS_RULES, CHALLENGE_RULES, CONTRACT_RULES, EVENTS_RULES),
    *(FINANCE_RULES, JUDGING_RULES, LEDGER_RULES, VERIFICATION_RULES),
)
RULES: Mapping[str, Rule] = {name: rule(text) for group in _GROUPS for name, text in group.items()}
