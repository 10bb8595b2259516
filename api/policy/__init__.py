"""The only authorisation: one table of rules, denied by default.

The problem: rights that are checked where they are needed are checked in many places, and one is forgotten.
Here each operation has one rule; an operation without a rule does not start, and a caller without a cell
does not pass.
"""

from .decision import Access, Question, allowed
from .rules import Cell, Rule, rule
from .table import RULES

__all__ = ["RULES", "Access", "Cell", "Question", "Rule", "allowed", "rule"]
