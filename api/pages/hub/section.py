"""One section of an application: written, saved by itself, and put together with what others wrote."""

from dataclasses import replace

from ....challenges.errors import ApplicationStale
from ...wire.drafts import DraftFindings, DraftReply
from ...wire.trees import plain_of
from ..page import Page
from ..view import Done, View
from ..visit import Visit
from .questions import Box, Group, Section, compare, groups_of, written
from .taking_files import file_rows, take_files
from .writing import Writing, content_at, open_writing, problem_is, save_section

SAVED = "live_saved"
PATH = "/books/{book}/hub/challenges/{challenge}/applications/{application}/sections/{section}"


def show_section(visit: Visit) -> View:
    """Show a section with what stands in it, or with what was typed and why that was refused."""
    typed = visit.form if visit.form.was_sent else None
    writing = open_writing(visit, typed)
    section = writing.section(visit.parts["section"])
    revision, both = writing.draft.revision, 0
    if typed is None:
        groups = groups_of(section, writing.content)
    elif problem_is(visit, ApplicationStale.code):
        base = content_at(visit, int(typed.text("revision", "0") or 0))
        shown = groups_of(section, written(section, base, typed))
        groups, both = compare(shown, groups_of(section, base), groups_of(section, writing.content))
    else:
        groups = groups_of(section, written(section, writing.content, typed))
        revision = int(typed.text("revision", "0") or 0) or revision
    return _view(visit, writing, section, groups=groups, revision=revision, both=both)


def _view(
    visit: Visit,
    writing: Writing,
    section: Section,
    *,
    groups: tuple[Group, ...],
    revision: int,
    both: int = 0,
    saved: DraftReply | None = None,
    changed: tuple[Box, ...] = (),
) -> View:
    more = {
        "writing": writing,
        "section": section,
        "groups": groups,
        "revision": revision,
        "both": both,
        "saved": saved,
        "changed": changed,
        "takes_files": any(box.ask.kind == "file" for group in groups for box in group.boxes),
        "addresses": {str(row.get("sha256")): row.get("address", "") for row in file_rows(writing.content)},
        "found": _faults(visit, section) if visit.query.get("faults") else {},
    }
    return View(title=section.title, more=more, status=409 if both else 200)


def _faults(visit: Visit, section: Section) -> dict[str, str]:
    """Return what is still wrong in a section, by field."""
    found = visit.read(DraftFindings, "draft.check")
    named = {
        one.pointer.strip("/").replace("~1", "/").replace("/", "-"): one.message for one in found.findings
    }
    starts = tuple("-".join(part.path) for part in section.parts)
    return {name: message for name, message in named.items() if name.startswith(starts)}


def save(visit: Visit) -> Done | View:
    """Save a section; from the page itself while somebody writes, only what is new is answered."""
    writing = open_writing(visit, visit.form)
    section = writing.section(visit.parts["section"])
    visit.form, content = take_files(section, writing.content, visit.form)
    writing = replace(writing, content=content)
    saved = save_section(visit, writing, section)
    if visit.form.text("part") == SAVED:
        shown = groups_of(section, written(section, writing.content, visit.form), more=0)
        stored = groups_of(section, plain_of(saved.content), more=0)
        now = {box.name: box.value for group in stored for box in group.boxes}
        changed = tuple(
            replace(box, value=now[box.name])
            for group in shown
            for box in group.boxes
            if now.get(box.name, box.value) != box.value
        )
        return _view(
            visit, writing, section, groups=(), revision=saved.revision, saved=saved, changed=changed
        )
    if visit.form.text("go") == "more":
        return Done(to=visit.address("hub_section"), said="more")
    following = writing.after(section.name)
    if following:
        return Done(to=visit.address("hub_section", section=following), said="saved")
    return Done(to=visit.address("hub_check"), said="saved")


PAGES = (
    Page(
        name="hub_section",
        path=PATH,
        show=show_section,
        acts={"save": save},
        uploads=True,
        said={
            "saved": lambda words: words._("What you wrote is saved. Here is the next section."),
            "more": lambda words: words._("What you wrote is saved. There is room for one more at the end."),
        },
    ),
)
