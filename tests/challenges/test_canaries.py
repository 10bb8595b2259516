"""Nothing masked leaves a blinded round: every field holds a marker that every output is searched for."""

import dataclasses
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import product
from typing import TYPE_CHECKING

import pytest
from tests.challenges.conftest import Judged

from almoner.challenges import acts
from almoner.challenges.frames import map_frame, register_frame
from almoner.challenges.packets import FeedbackPacket
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.reads import list_reads
from almoner.challenges.visibility import Viewer
from almoner.finance import acts as finance
from almoner.finance.errors import AlmonerError
from almoner.finance.parties import Party

if TYPE_CHECKING:
    from tests.challenges.conftest import Content, Round

pytestmark = pytest.mark.parametrize("empty_engine", ["sqlite"], indirect=True)  # no rule of the database
ROUND = ("main", "clean-water", "panel")
NAMES = tuple(f"a-{n}" for n in range(1, 11))
JUDGES = tuple(f"zqjudge-{n}" for n in range(1, 6))
KEY = b"sixteen bytes or more"
AFTER = "2027-04-13"
VIEWERS: tuple[Viewer, ...] = (
    "public",
    "own_applicant",
    "other_applicant",
    "assigned_judge",
    "other_judge",
    "chair",
    "funder",
    "evaluator",
    "auditor",
)
PHASES = ("apply", "panel", "vote", "deliver")
IDENTITY = ("lead", "bundle", "budget", "disclosures", "in_kind_offers", "files", "accords", "facts")
ACTIONS = ("show", "mask", "after(panel.closed)", "")
"""In turn by the number of field, phase and viewer; the last one has no rule at all."""


def marked(name: str) -> "Content":
    """Give every field of an application a marker of its own: ``zq1title`` is the title of ``a-1``."""
    n = name[2:]
    lead, lab = f"zq{n}lead", f"zq{n}lab"
    return {
        "application_id": name,
        "title": f"zq{n}title",
        "lead": lead,
        "bundle": [
            {"party": lead, "role": f"zq{n}role", "share_bp": 6000},
            {"party": lab, "role": "supply", "share_bp": 4000},
        ],
        "interventions": [{"id": "wells", "title": f"zq{n}work"}],
        "budget": [
            {
                "actor": lead,
                "intervention": "wells",
                "category": f"zq{n}drilling",
                "amount": f"7{n}13.37",
                "covered_by": "ask",
            }
        ],
        "ask": f"7{n}13.37",
        "minimum": f"6{n}24.48",
        "in_kind_offers": [{"kind": f"zq{n}gift", "quantity": "400", "unit": "hour", "party": lab}],
        "in_kind_needs": [{"kind": f"zq{n}lack", "quantity": "4", "unit": "hour"}],
        "facts": {"lead.registered_since_days": 900, "lead.kind": "ngo", "note": f"zq{n}fact"},
        "answers": {"why": f"zq{n}answer", "list": [{"deep": f"zq{n}deep"}]},
        "files": [
            {
                "id": f"zq{n}file",
                "name": f"zq{n}deed.pdf",
                "media_type": "application/pdf",
                "size_bytes": 52341,
                "sha256": f"{int(n) % 10}e" * 32,
            }
        ],
        "groups": {"region": "east", "sector": f"zq{n}sector"},
        "disclosures": [
            {
                "party": party,
                "incentives": [f"zq{n}gain"],
                "restrictions": [f"zq{n}limit"],
                "funders": [{"name": f"zq{n}funder", "amount": "250000.00"}],
                "disputes": [f"zq{n}dispute"],
            }
            for party in (lead, lab)
        ],
    }


FIELDS = (*marked("a-1"),)


def action(field: str, phase: str, viewer: str) -> str:
    """Return what the brief says of a field; judges of the panel never see who applies."""
    if viewer == "assigned_judge" and field in IDENTITY:
        return "mask" if field == "lead" else ""
    if viewer == "other_judge":
        return ""
    n = FIELDS.index(field) * 7 + PHASES.index(phase) * 5 + VIEWERS.index(viewer) * 3
    return ACTIONS[n % len(ACTIONS)]


def rules(phase: str) -> list[dict[str, str]]:
    told = ((viewer, field, action(field, phase, viewer)) for viewer in VIEWERS for field in FIELDS)
    return [
        {"pointer": f"/application/{field}", "action": what, "viewer": viewer}
        for viewer, field, what in told
        if what
    ]


def values_of(content: object) -> Iterator[str]:
    """Yield the markers in a part of a document."""
    yield from re.findall(r"zq\d+\D\w+|7\d+13\.37|6\d+24\.48|(?:\de){32}", json.dumps(content))


def written(value: object) -> str:
    """Write anything that is handed out, errors with their figures and causes as well."""
    if isinstance(value, BaseException):
        chained = [one for one in (value.__cause__, value.__context__) if one is not None]
        told = " ".join(written(one) for one in chained)
        return f"{value} {value.args!r} {vars(value)!r} {told}"
    if isinstance(value, FeedbackPacket):
        return json.dumps(value.told(), ensure_ascii=False) + repr(value)
    if dataclasses.is_dataclass(value):
        return repr(value)
    return json.dumps(value, default=repr, ensure_ascii=False)


@pytest.fixture
def entered(round_: "Round") -> Judged:
    """Ten marked applications and five marked judges; every phase has rules of visibility of its own."""
    brief = round_.brief_content
    brief["judge_policy"] = {"load": [0, 100], "scope": "pair", "seed_source": "beacon"}
    brief["prizes"] = [{"kind": "places", "phase": "panel", "amounts": ["100.00", "50.00"]}]
    brief["phases"] = [{**one, "visibility": rules(one["id"])} for one in brief["phases"]]
    panel = next(one for one in brief["phases"] if one["id"] == "panel")
    panel |= {"reads_per_application": 3, "advances": {"rule": "top", "n": 3, "tie": "lottery"}}
    del brief["phases"][2]["ballot"]
    brief["phases"][2]["judging"] = "none"
    round_.publish({"region": "east"})
    judged = Judged(round_)
    for name in NAMES:
        judged.round.submit(name, **marked(name))
    judged.register(*JUDGES)
    return judged


@pytest.fixture
def scored(entered: Judged) -> Judged:
    """All reads are in, each with a comment that names judge and entry."""
    for name, judge in entered.assign().pairs:
        marks = {"reach": f"{1 + int(name[2:]) / 4:.1f}", "proof": f"{5 - int(judge[-1]) / 2:.1f}"}
        comments = {"reach": comment(name, judge)}
        clock = entered.at("2027-03-10")
        acts.score(entered.session, *ROUND[:2], name, judge, marks, clock=clock, comments=comments)
    return entered


def comment(name: str, judge: str) -> str:
    return f"zqcomment-{name[2:]}-{judge[-1]}"


def show(judged: Judged, phase: str, viewer: Viewer, person: str, day: str) -> dict[str, object]:
    clock = judged.at(day)
    return acts.show_application(
        judged.session, *ROUND[:2], phase, "a-1", viewer=viewer, person=person, clock=clock
    )


def test_each_viewer_sees_the_fields_of_the_brief_and_of_the_others_not_even_the_name(
    entered: Judged,
) -> None:
    """Every phase, viewer, relation and field; the oracle is the table above, not the masks."""
    content = marked("a-1")
    entered.tie("p-barred", "zq1lab")
    hits = 0
    for phase, viewer, day in product(PHASES, VIEWERS, ("2027-03-10", AFTER)):
        lets = {"show", "after(panel.closed)" if day == AFTER else "show"}
        open_ = {field for field in FIELDS if action(field, phase, viewer) in lets}
        seen = show(entered, phase, viewer, "", day)
        assert set(seen.get("application", ())) == open_, (phase, viewer)  # type: ignore[call-overload]  # a dict
        masked = {marker for field in set(FIELDS) - open_ for marker in values_of(content[field])}
        allowed = {marker for field in open_ for marker in values_of(content[field])}
        text = written(seen)
        assert [one for one in masked - allowed if one in text] == []
        assert all(one in text for one in allowed)
        hits += len(allowed)
        if day == AFTER:
            barred = show(entered, phase, viewer, "p-barred", day)
            assert barred == (seen if viewer == "own_applicant" else {})
    assert hits > len(PHASES) * len(VIEWERS)
    own = show(entered, "panel", "own_applicant", "zq1lead", AFTER)
    assert own == show(entered, "panel", "own_applicant", "", AFTER) != {}


def test_a_judge_is_handed_nothing_of_who_applies_and_of_other_judges(scored: Judged) -> None:
    session, clock = scored.session, scored.at("2027-03-11")
    pairs = acts.find_assignment(session, *ROUND).pairs
    scored.freeze()
    for judge in JUDGES:
        own = acts.list_to_read(session, *ROUND, judge, clock=clock)
        outputs: list[object] = [
            own,
            *(acts.open_entry(session, *ROUND, name, judge, clock=clock) for name in own),
            acts.show_own_effect(session, *ROUND, judge, clock=scored.at(AFTER)),
        ]
        text = "".join(map(written, outputs))
        shown = {field for field in FIELDS if action(field, "panel", "assigned_judge") == "show"}
        allowed = {one for name in own for field in shown for one in values_of(marked(name)[field])}
        everything = {one for name in NAMES for one in values_of(marked(name))}
        assert [one for one in sorted(everything - allowed) if one in text] == []
        assert all(one in text for one in allowed)
        assert set(re.findall(r"zqjudge-\d", text)) <= {judge}
        assert "zqcomment" not in text
        assert set(own) == {name for name, reader in pairs if reader == judge}


def refusals(judged: Judged) -> dict[str, AlmonerError]:
    """Try everything that is refused to a judge, a rival or a stranger in a blinded round."""
    session, clock, late = judged.session, judged.at("2027-03-12"), judged.at("2027-04-20")
    pairs = set(acts.find_assignment(session, *ROUND).pairs)
    (name, judge), *_ = sorted(pairs)
    other = next(one for one in NAMES if (one, judge) not in pairs)
    marks: dict[str, str | None] = {"reach": "3.0", "proof": "3.0"}
    part = ROUND[:2]
    free: dict[str, Callable[[], object]] = {
        "score unassigned": lambda: acts.score(session, *part, other, judge, marks, clock=clock),
        "score nothing": lambda: acts.score(session, *part, "a-99", judge, marks, clock=clock),
        "open unassigned": lambda: acts.open_entry(session, *ROUND, other, judge, clock=clock),
        "open by a stranger": lambda: acts.open_entry(session, *ROUND, name, "stranger", clock=clock),
        "score late": lambda: acts.score(session, *part, name, judge, marks, clock=late),
        "score off the grid": lambda: acts.score(
            session, *part, name, judge, {"reach": "3.05", "proof": "9"}, clock=clock
        ),
        "score without a trait": lambda: acts.score(session, *part, name, judge, {"reach": "3"}, clock=clock),
        "effect before the close": lambda: acts.show_own_effect(session, *ROUND, judge, clock=clock),
        "packet before the freeze": lambda: acts.feedback(session, *ROUND, name, key=KEY),
        "rank before the freeze": lambda: acts.rank_phase(session, *ROUND),
        "packet of nothing": lambda: acts.feedback(session, *ROUND, "a-99", key=KEY),
        "void nothing": lambda: acts.void_read(session, *ROUND, other, judge, reason="x", clock=clock),
        "recuse from nothing": lambda: acts.recuse(session, *part, judge, "a-99", reason="x", clock=clock),
        "enter late": lambda: judged.round.submit(
            "a-2", day="2027-03-12", **{**marked("a-2"), "title": "zq2other"}
        ),
        "award nothing": lambda: acts.award(session, judged.round.fund, part[1], 7, [], clock=clock),
        "decide early": lambda: acts.advance_phase(session, *ROUND, maker="desk", clock=clock),
        "settle nothing": lambda: acts.settle_prize(session, judged.round.fund, part[1], 7, clock=clock),
    }
    found = {what: refused(act) for what, act in free.items()}
    judged.plan(day="2027-03-12", seed=8)
    judged.tie(judge, f"zq{name[2:]}lab", day="2027-03-12")
    judged.tie(judge, f"zq{name[2:]}lead", kind="family", day="2027-03-12")
    barred: dict[str, Callable[[], object]] = {
        "score in conflict": lambda: acts.score(session, *part, name, judge, marks, clock=clock),
        "open in conflict": lambda: acts.open_entry(session, *ROUND, name, judge, clock=clock),
        "publish in conflict": lambda: acts.publish_assignment(
            session, *ROUND, 2, maker="desk", clock=judged.at("2027-03-12")
        ),
    }
    return found | {what: refused(act) for what, act in barred.items()}


def refused(act: Callable[[], object]) -> AlmonerError:
    with pytest.raises(AlmonerError) as caught:
        act()
    return caught.value


def test_no_refusal_tells_a_masked_field_or_with_whom_there_is_a_conflict(scored: Judged) -> None:
    found = refusals(scored)
    markers = {one for name in NAMES for one in values_of(marked(name))} | {"zqcomment"}
    texts = {what: written(error) for what, error in found.items()}
    assert {what: [one for one in markers if one in text] for what, text in texts.items()} == {
        what: [] for what in texts
    }
    for what in ("score in conflict", "open in conflict", "score unassigned", "open unassigned"):
        assert not re.search(r"a-\d|employee|family", texts[what]), what
    assert texts["score in conflict"] == texts["open in conflict"]
    assert texts["score unassigned"] == texts["score nothing"]
    assert texts["score unassigned"] == texts["open unassigned"]


def test_a_packet_names_its_own_application_and_no_judge_by_a_name_that_stands_in_another(
    scored: Judged,
) -> None:
    pairs = acts.find_assignment(scored.session, *ROUND).pairs
    scored.tie(JUDGES[0], "zq2lead", kind="family", day="2027-03-12")
    scored.freeze()
    packets = acts.feedback_packets(scored.session, *ROUND, key=KEY)
    assert set(packets) == set(NAMES)
    names: dict[str, set[str]] = {}
    for name, packet in packets.items():
        text = written(packet)
        assert set(re.findall(r"\ba-\d+\b", text)) == {name}
        assert "zqjudge" not in text
        own = {comment(name, judge) for judge in JUDGES}
        assert set(re.findall(r"zqcomment-\d+-\d", text)) <= own
        assert not [
            one for one in values_of([marked(other) for other in NAMES if other != name]) if one in text
        ]
        names[name] = {mark.judge for mark in packet.marks}
        shown = [mark.judge for mark in packet.marks]
        assert shown == sorted(shown)
        again = acts.feedback(scored.session, *ROUND, name, key=KEY[::-1])
        assert not names[name] & {mark.judge for mark in again.marks}
    stored = find_challenge(scored.session, *ROUND[:2])
    standing = [one for one in list_reads(scored.session, stored, "panel") if one.stands]
    assert sum(map(len, names.values())) == len(set.union(*names.values())) == len(standing)
    assert len(standing) <= len(pairs)


def test_what_is_published_of_a_round_names_no_judge_no_party_and_no_comment(scored: Judged) -> None:
    session = scored.session
    scored.freeze()
    beacon_at = datetime(2027, 4, 14, 12, tzinfo=UTC)
    published: dict[str, object] = {
        "band": acts.publish_band(
            session, *ROUND, clock=scored.at(AFTER), beacon_source="pulse 7", beacon_at=beacon_at
        ),
        "ranking": acts.rank_phase(session, *ROUND),
        "list": acts.show_entries(session, *ROUND, "p-free", clock=scored.at(AFTER)),
        "short": acts.list_short(session, *ROUND),
        "advanced": acts.list_advanced(session, *ROUND),
    }
    for code in ("zq1lead", "zq1lab", "zqjudge-1"):
        finance.register_party(session, "main", Party(code=code, name=code))
    scored.tie("zqjudge-1", "zq1lead", kind="family")
    drawn = acts.landscape(session, "main", audience="public", as_of=date(2027, 5, 1))
    published["map"] = [drawn.document(), map_frame(drawn).to_csv(), repr(drawn)]
    entries = acts.public_register(session, "main", as_of=date(2027, 5, 1))
    published["register"] = [repr(entries), register_frame(entries).to_csv()]
    hits = {what: re.findall(r"zq\w+", written(value)) for what, value in published.items()}
    assert hits == {what: [] for what in published}
    inside = acts.landscape(session, "main", audience="funder", as_of=date(2027, 5, 1))
    assert "zq1lead" in written(inside.document())


def test_a_list_for_somebody_in_conflict_counts_sorts_and_places_without_the_entry(scored: Judged) -> None:
    scored.tie("p-barred", "zq3lab")
    scored.freeze()
    clock = scored.at(AFTER)
    whole = acts.show_entries(scored.session, *ROUND, "p-free", clock=clock)
    part = acts.show_entries(scored.session, *ROUND, "p-barred", clock=clock)
    rows = [row for row in whole.rows if row.application != "a-3"]
    assert [row.application for row in part.rows] == [row.application for row in rows]
    assert [row.place for row in part.rows] == list(range(1, len(rows) + 1))
    assert part.reads == sum(row.reads for row in rows) < whole.reads
    means = [row.raw_mean for row in rows if row.raw_mean is not None]
    assert part.mean == pytest.approx(sum(means) / len(means))
    assert not re.search(r"\ba-3\b|zq", written(part))
    pages: list[acts.EntryList] = []
    after: tuple[int, str] | None = None
    while not pages or pages[-1].rows:
        pages.append(acts.show_entries(scored.session, *ROUND, "p-barred", clock=clock, after=after, limit=2))
        after = next(((row.place or 0, row.application) for row in reversed(pages[-1].rows)), after)
    assert [row for page in pages for row in page.rows] == [*part.rows]
    assert {(page.reads, page.mean) for page in pages} == {(part.reads, part.mean)}
