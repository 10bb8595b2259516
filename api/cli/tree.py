"""The commands as data: nouns, verbs and options, as the commands themselves say."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandTold:
    """What one command says of itself.

    Attributes
    ----------
    help : str
        All of it; the first line is what it does, and an example stands in it.
    options : tuple of str
        With their dashes.
    verbs : mapping of str to CommandTold
        Commands below it.
    """

    help: str
    options: tuple[str, ...]
    verbs: Mapping[str, "CommandTold"]

    @property
    def about(self) -> str:
        """Return what it does, in a line."""
        return next(iter(self.help.split(". Example")[0].splitlines()), "")


def command_of(name: str) -> CommandTold:
    """Return a command; its module is loaded.

    Parameters
    ----------
    name : str
        One of ``entry.COMMANDS``.

    Examples
    --------
    >>> told = command_of("fund").verbs["show"]
    >>> told.about, "--db" in told.options
    ('Show where a fund stands', True)
    """
    module = import_module(f".{name}", __package__)
    made = module.app if isinstance(module.app, typer.Typer) else module.commands
    return _told(typer.main.get_command(made))


def _told(command: Any) -> CommandTold:  # noqa: ANN401  # typer does not export the class
    below = getattr(command, "commands", {})
    names = {word for one in command.params for word in one.opts if word.startswith("-")}
    return CommandTold(
        help=command.help or "",
        options=tuple(sorted(names)),
        verbs={name: _told(one) for name, one in sorted(below.items())},
    )
