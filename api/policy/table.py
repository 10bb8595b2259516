"""The table: every operation's rule, one module per floor."""

from collections.abc import Mapping

from .access_rules import ACCESS_RULES
from .challenge_rules import CHALLENGE_RULES
from .contract_rules import CONTRACT_RULES
from .finance_rules import FINANCE_RULES
from .rules import Rule, rule

RULES: Mapping[str, Rule] = {
    name: rule(text)
    for name, text in (ACCESS_RULES | FINANCE_RULES | CONTRACT_RULES | CHALLENGE_RULES).items()
}
