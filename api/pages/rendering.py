"""Pages as HTML and as CSV, both from the same ``View``."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from functools import cache, partial

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..answering import write_reply
from ..charts.figures import clean
from .forms import faults_of
from .statics import static_files
from .view import Column, Sheet, View
from .visit import Visit
from .words import Words

FORMULA = ("=", "+", "-", "@", "\t", "\r")


@cache
def environment() -> Environment:
    """Return where templates are found, and how they escape: always."""
    made = Environment(
        loader=PackageLoader("almoner.api", "templates/pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: clean(value) if type(value) is str else value,
    )
    made.globals["static"] = {one.name: one.path for one in static_files().values()}
    return made


def render(visit: Visit, view: View, template: str = "") -> str:
    """Return a page as HTML; of a page asked for by ``?part=NAME``, that block of it alone.

    Parameters
    ----------
    visit : Visit
        Who looks.
    view : View
        What is shown.
    template : str
        Another one than that of the page.
    """
    found = environment().get_template(f"{template or visit.page}.html")
    given: dict[str, object] = {
        "visit": visit,
        "view": view,
        "words": visit.words,
        "site": visit.site,
        "form": visit.form,
        "faults": faults_of(visit.problem),
        "labels": {},
        "token": visit.site.token_of(visit.session_id),
        "_": visit.words._,
        "n": visit.words.n,
        "p": visit.words.p,
        "amount": visit.words.amount,
        "cell": partial(cell, visit.words),
    }
    macros = environment().get_template("macros.html").make_module(given)
    context = found.new_context({**given, "m": macros, **view.more})
    block = visit.query.get("part") or visit.form.text("part")
    if block in found.blocks and block.startswith("live_"):
        return "".join(found.blocks[block](context))
    return "".join(found.root_render_func(context))


def cell(words: Words, column: Column, text: str) -> str | Markup:
    """Return a cell as it is written in a language."""
    if not text:
        return ""
    match column.kind:
        case "amount" | "number":
            return words.number(text)
        case "share":
            return words.share(text)
        case "day":
            return words.day(text)
        case "instant":
            return words.instant(text)
        case _:
            return text


def write_csv(sheet: Sheet) -> bytes:
    r"""Return a table as CSV (RFC 4180), figures as they are; text that a spreadsheet would run is quoted.

    Parameters
    ----------
    sheet : Sheet
        A table.

    Examples
    --------
    >>> columns = [Column(name="Fund"), Column(name="USD", kind="amount")]
    >>> write_csv(Sheet(title="", columns=columns, rows=[("=1", "-5.00")]))
    b"\xef\xbb\xbfFund,USD\r\n'=1,-5.00\r\n"
    """
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([_inert(column.name) for column in sheet.columns])
    kinds = [column.kind for column in sheet.columns]
    for row in sheet.rows:
        writer.writerow(
            [_inert(text) if kind == "text" else text for kind, text in zip(kinds, row, strict=True)]
        )
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def write_json(visit: Visit) -> bytes:
    """Return what a page has read, each with the operation and the address that give it, too."""
    read = [
        {"operation": one.operation, "address": one.address, "reply": json.loads(write_reply(one.reply))}
        for one in visit.notes
    ]
    return json.dumps({"page": visit.page, "read": read}, ensure_ascii=False, indent=1).encode()


def sheet_of(title: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Sheet:
    """Return a table of text, for example that of a chart."""
    return Sheet(
        title=title, columns=[Column(name=name) for name in header], rows=[tuple(row) for row in rows]
    )


__all__ = ["cell", "environment", "render", "sheet_of", "write_csv", "write_json"]
