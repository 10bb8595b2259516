"""Section of the designer about what is to be reached, and with whose money."""

from collections.abc import Mapping

from ..places import Content
from ..words import Words
from .question import Asker, Group


def goal_groups(words: Words, content: Content, funds: Mapping[str, str], metrics: str) -> list[Group]:
    """Return the questions about the goal and the money.

    Parameters
    ----------
    words : Words
        The language.
    content : dict
        The brief as it stands.
    funds : mapping of str to str
        Titles of the funds by their codes.
    metrics : str
        Names of the metrics that are defined, for a hint; empty for none.
    """
    ask = Asker(words=words, unit=str(content.get("unit", "")))
    known = words._("Name and version of what is measured, as in safe_water_days@2.")
    if metrics:
        known = words._("Name and version of what is measured. Defined here: %(names)s.", names=metrics)
    about = Group(
        title=words._("The challenge"),
        questions=(
            ask.ask("title", words._("Title"), needed=True),
            ask.pick("fund", words._("Fund that pays the prizes"), funds, needed=True),
            ask.ask(
                "windows",
                words._("Windows of the fund that pay"),
                "list",
                hint=words._("Short names, separated by commas; leave it empty for the whole fund."),
            ),
            ask.ask(
                "ask_cap",
                words._("Most that one application may ask for"),
                "money",
                hint=words._("Leave it empty for no limit."),
            ),
            ask.ask(
                "languages",
                words._("Languages in which applications may be written"),
                "list",
                hint=words._("Codes, separated by commas; the first is that of this brief: en, sw."),
            ),
        ),
    )
    goal = Group(
        title=words._("What is to be reached"),
        questions=(
            ask.ask("goal.metric", words._("What is measured"), hint=known, needed=True),
            ask.ask("goal.unit", words._("Counted in"), needed=True),
            ask.ask("goal.baseline", words._("Where it stands today"), needed=True),
            ask.ask("goal.target", words._("Where it is to stand"), needed=True),
            ask.ask("goal.by", words._("By this day"), "day", needed=True),
        ),
    )
    return [about, goal]
