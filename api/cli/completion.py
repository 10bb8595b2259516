"""``almoner completion SHELL``: what a shell needs to complete nouns, verbs and options.

The problem: a completion that starts the program at each press of a key is slow, and one written by hand
forgets commands. The script is printed from the commands themselves and then runs alone.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Literal

import typer

from .asking import operations
from .entry import COMMANDS
from .remote import REMOTE, VALUED
from .show import AsJson, print_json
from .tree import CommandTold, command_of

app = typer.Typer(add_completion=False, no_args_is_help=True)
Shell = Literal["bash", "zsh", "fish"]
ShellName = Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]


@app.command()
def completion(shell: ShellName, *, as_json: AsJson = False) -> None:
    """Print a script of completion. Example: almoner completion bash > almoner.bash.

    At once: source <(almoner completion bash). For fish: almoner completion fish >
    ~/.config/fish/completions/almoner.fish
    """
    script = script_of(shell, commands_of())
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        print(script, end="")


def commands_of() -> Mapping[str, CommandTold]:
    """Return every command with its verbs and options.

    Examples
    --------
    >>> "--db" in commands_of()["fund"].verbs["show"].options
    True
    """
    return {name: command_of(name) for name in COMMANDS}


def script_of(shell: Shell, commands: Mapping[str, CommandTold]) -> str:
    """Write the script of completion for a shell.

    Parameters
    ----------
    shell : str
        ``bash``, ``zsh`` or ``fish``.
    commands : mapping of str to Completed
        From ``commands_of``.

    Examples
    --------
    >>> one = CommandTold(help="Say hello.", options=("--loud",), verbs={})
    >>> script_of("fish", {"greet": one}).splitlines()[1]
    "complete -c almoner -n __fish_use_subcommand -f -a greet -d 'Say hello.'"
    """
    lines = _fish(commands) if shell == "fish" else _bash(commands)
    head = ["autoload -U +X bashcompinit && bashcompinit"] if shell == "zsh" else []
    return "\n".join(["# Completion of almoner; made by: almoner completion " + shell, *head, *lines, ""])


def _bash(commands: Mapping[str, CommandTold]) -> Iterator[str]:
    yield "_almoner() {"
    yield '    local current="${COMP_WORDS[COMP_CWORD]}" found=""'
    yield '    case "$COMP_CWORD/${COMP_WORDS[1]}/${COMP_WORDS[2]}" in'
    yield f"        1/*) found={_quoted((*commands, '--help', '--version'))} ;;"
    for name, one in commands.items():
        second = (*one.verbs, *one.options, "--help") + (tuple(operations()) if name == "call" else ())
        yield f"        2/{name}/*) found={_quoted(second)} ;;"
        for verb, below in one.verbs.items():
            more = VALUED if (name, verb) in REMOTE else ()
            words = dict.fromkeys((*below.options, *more, "--help"))
            yield f"        */{name}/{verb}) found={_quoted(words)} ;;"
        if not one.verbs:
            yield f"        */{name}/*) found={_quoted((*one.options, '--help'))} ;;"
    yield "    esac"
    yield '    COMPREPLY=($(compgen -W "$found" -- "$current"))'
    yield "}"
    yield "complete -o default -F _almoner almoner"


def _quoted(words: Iterable[str]) -> str:
    return shlex.quote(" ".join(words))


def _fish(commands: Mapping[str, CommandTold]) -> Iterator[str]:
    for name, one in commands.items():
        yield f"complete -c almoner -n __fish_use_subcommand -f -a {name} -d {shlex.quote(one.about)}"
    for name, one in commands.items():
        seen = f"__fish_seen_subcommand_from {name}"
        verbs = " ".join(one.verbs)
        for verb, below in one.verbs.items():
            start = shlex.quote(f"{seen}; and not __fish_seen_subcommand_from {verbs}")
            yield f"complete -c almoner -n {start} -f -a {verb} -d {shlex.quote(below.about)}"
            more = VALUED if (name, verb) in REMOTE else ()
            words = dict.fromkeys((*below.options, *more))
            yield from _fish_options(f"{seen}; and __fish_seen_subcommand_from {verb}", words)
        if name == "call":
            yield f"complete -c almoner -n {shlex.quote(seen)} -f -a {_quoted(operations())}"
        if not one.verbs:
            yield from _fish_options(seen, one.options)


def _fish_options(condition: str, options: Iterable[str]) -> Iterator[str]:
    for option in options:
        if option.startswith("--"):
            yield f"complete -c almoner -n {shlex.quote(condition)} -l {option[2:]}"
