"""The catalogues of messages: gathered from the pages, with what each language still lacks.

``python -m almoner.api.pages.catalogs`` writes ``api/locale/TAG/LC_MESSAGES/almoner.po`` anew: every message
of the code and the templates, and the title of every refusal, with the translations there were. It lists
what has none. ``--check`` writes nothing, and exits with 1 where anything is missing or stale.

The problem: a message that was changed keeps its old translation, or none, and nobody notices before a reader
of that language does.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from ...finance.errors import AlmonerError
from ..problems import OUR_FAULT_TITLE, list_titles
from ..remedies import list_advice
from .words import SHIPPED, SOURCE

HERE = Path(__file__).parent.parent
METHODS = [("demo/**.py", "python"), ("pages/**.py", "python"), ("templates/pages/**.html", "jinja2")]
KEYWORDS = {"_": None, "n": (1, 2), "p": ((1, "c"), 2)}
PLACE = re.compile(r"%\((\w+)\)s")
Text = str | tuple[str, ...]


def gather() -> Catalog:
    """Return every message of the pages, the titles of refusals, and the advice after them, in a fixed order.

    Examples
    --------
    >>> "Sign in" in [message.id for message in gather()]
    True
    """
    found = Catalog(charset="utf-8", fuzzy=False)
    rows = extract_from_dir(HERE, METHODS, keywords=KEYWORDS, strip_comment_tags=True)
    for _, _, text, _, context in sorted(rows, key=lambda row: (row[0], row[1])):
        found.add(text, context=context)
    for title in (*list_titles(AlmonerError), OUR_FAULT_TITLE, *list_advice()):
        found.add(title)
    return found


def catalog_file(tag: str) -> Path:
    """Return where a language is kept."""
    return HERE / "locale" / tag / "LC_MESSAGES" / "almoner.po"


def renewed(tag: str, source: Catalog) -> Catalog:
    """Return a language with the messages of today and the translations there were.

    Parameters
    ----------
    tag : str
        Of the language.
    source : Catalog
        From ``gather``.
    """
    kept = read_po(BytesIO(catalog_file(tag).read_bytes()), locale=tag)
    made = Catalog(locale=tag, charset="utf-8", fuzzy=False)
    for message in source:
        if message.id:
            one = message.id[0] if isinstance(message.id, tuple) else message.id
            known = kept.get(one, message.context)
            made.add(message.id, string=known.string if known else None, context=message.context)
    return made


def faults_of_catalog(made: Catalog) -> Iterator[str]:
    """Yield what is wrong with a language: no translation, or places that are not those of the message."""
    for message in made:
        if not message.id:
            continue
        told = _texts(message.string)
        if not told or not all(told):
            yield f"not translated: {_texts(message.id)[0]}"
        elif any(not _fits(message, text) for text in told):
            yield f"other places: {_texts(message.id)[0]}"


def _texts(given: object) -> Sequence[str]:
    if isinstance(given, str):
        return (given,)
    return [str(one) for one in given] if isinstance(given, list | tuple) else ()


def _fits(message: Message, text: str) -> bool:
    wanted = {place for one in _texts(message.id) for place in PLACE.findall(one)}
    given = set(PLACE.findall(text))
    return given <= wanted if isinstance(message.id, tuple) else given == wanted


def as_bytes(made: Catalog) -> bytes:
    """Return a language as its file: the same messages give the same bytes."""
    out = BytesIO()
    write_po(out, made, no_location=True, omit_header=True, width=110, ignore_obsolete=True)
    plural = f'"Plural-Forms: nplurals={made.num_plurals}; plural={made.plural_expr};\\n"'
    head = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n{plural}\n\n'
    return head.encode() + out.getvalue()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the catalogues.

    Parameters
    ----------
    arguments : sequence of str or None
        ``--check``, or nothing.
    """
    parser = argparse.ArgumentParser(description="The catalogues of messages.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 on any fault")
    checks = parser.parse_args(arguments).check
    source, faults = gather(), 0
    for tag in SHIPPED:
        if tag == SOURCE:
            continue
        made = renewed(tag, source)
        for fault in faults_of_catalog(made):
            faults += 1
            sys.stdout.write(f"{tag}: {fault}\n")
        content = as_bytes(made)
        if checks and content != catalog_file(tag).read_bytes():
            faults += 1
            sys.stdout.write(f"{tag}: the file is stale; run make catalogs\n")
        if not checks:
            catalog_file(tag).write_bytes(content)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
