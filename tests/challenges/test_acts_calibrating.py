"""Frozen results on both databases: nothing moves after the close but what is published beside it."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import select

from almoner.challenges import acts
from almoner.challenges.advancing import Advancement
from almoner.challenges.errors import (
    CalibrationInvalid,
    ChallengeClosed,
    ChallengeRefused,
    ConflictRecused,
    TieUnresolved,
)
from almoner.challenges.phase_results import PhaseCalibration
from almoner.challenges.ranking import draw
from almoner.challenges.records.briefs import find_challenge
from almoner.challenges.records.reads import list_reads
from almoner.challenges.records.tables import CALIBRATION
from almoner.challenges.seeds import Beacon, commit, committed_seed
from almoner.finance import acts as finance
from almoner.finance.errors import Missing
from almoner.finance.storage import Engine, Session

if TYPE_CHECKING:
    from tests.challenges.conftest import Judged, Round

NAMES = tuple(f"a-{n}" for n in range(1, 11))
ROUND = ("main", "clean-water", "panel")
AFTER = "2027-04-13"
BEACON_AT = datetime(2027, 4, 14, 12, tzinfo=UTC)
KEY = b"sixteen bytes or more"

ONE_DATABASE = pytest.mark.parametrize(
    "empty_engine", ["sqlite"], indirect=True
)  # no rule of the database in it


def enter_all(judged: "Judged") -> "Judged":
    judged.enter(*NAMES)
    judged.register("j-1", "j-2", "j-3", "j-4", "j-5")
    judged.mark_all(judged.assign())
    return judged


@pytest.fixture
def scored(round_: "Round", open_judged: "Callable[..., Judged]") -> "Judged":
    """Ten applications, five judges, three reads each, all marked."""
    judged = open_judged(round_, reads=3)
    return enter_all(judged)


def withdraw(judged: "Judged", name: str, day: str) -> None:
    acts.withdraw(judged.session, "main", "clean-water", name, reason="moved on", clock=judged.at(day))


def void(judged: "Judged", name: str, judge: str, day: str = "2027-05-01") -> None:
    acts.void_read(judged.session, *ROUND, name, judge, reason="undeclared conflict", clock=judged.at(day))


def beacon(judged: "Judged", value: str = "ab" * 16, source: str = "city beacon, pulse 7") -> Beacon:
    del judged
    return Beacon(
        source=source,
        named_at=datetime(2027, 4, 13, 13, tzinfo=UTC),
        instant=BEACON_AT,
        value=value,
        proof="signed",
    )


def publish_band(judged: "Judged") -> dict[str, object]:
    return dict(
        acts.publish_band(
            judged.session,
            *ROUND,
            clock=judged.at(AFTER),
            beacon_source="city beacon, pulse 7",
            beacon_at=BEACON_AT,
        )
    )


def test_scores_are_frozen_once_after_the_close_and_read_back_to_the_byte(scored: "Judged") -> None:
    with pytest.raises(ChallengeRefused, match=r"closes at 2027-04-12T14:00:00"):
        scored.freeze(day="2027-04-10")
    with pytest.raises(Missing, match="freeze its scores first"):
        acts.rank_phase(scored.session, *ROUND)
    made = scored.freeze()
    assert (made.number, made.result.kind, made.result.parts[0].total.method) == (1, "closed", "reml")
    assert set(made.result.parts[0].traits) == {"reach", "proof"}
    (row,) = scored.session.execute(select(CALIBRATION))
    assert bytes(row.body_sha256).hex() == made.sha256 == made.result.digest
    assert PhaseCalibration.read(bytes(row.body)) == made.result
    assert scored.freeze(day="2027-06-01") == made
    assert acts.phase_calibrations(scored.session, *ROUND) == (made,)
    (ranking,) = acts.rank_phase(scored.session, *ROUND)
    assert set(ranking.order) == set(NAMES)
    assert len(ranking.band.sure) + ranking.band.places == 3
    with pytest.raises(CalibrationInvalid, match="judged by ballot"):
        acts.freeze_calibration(scored.session, "main", "clean-water", "vote", clock=scored.at("2027-06-01"))


@ONE_DATABASE
def test_a_brief_may_ask_for_plain_means(round_: "Round", open_judged: "Callable[..., Judged]") -> None:
    judged = enter_all(open_judged(round_, reads=3, calibrate=False))
    made = judged.freeze().result
    assert (made.parts[0].total.method, made.parts[0].total.reason) == (
        "raw",
        "the brief asks for plain means",
    )
    assert PhaseCalibration.read(made.to_json()) == made


def test_a_conflict_found_at_the_close_takes_the_read_out_before_anything_is_reckoned(
    scored: "Judged",
) -> None:
    name, judge = acts.find_assignment(scored.session, *ROUND).pairs[0]
    scored.tie(judge, f"hub-{name[2:]}", day=AFTER)
    made = scored.freeze()
    reads = {(one.application_id, one.judge_id) for one in made.result.parts[0].total.reads}
    assert (name, judge) not in reads
    assert len(reads) == 29
    assert acts.list_short(scored.session, *ROUND) == {name: 1}
    stored = find_challenge(scored.session, "main", "clean-water")
    (gone,) = [one for one in list_reads(scored.session, stored, "panel") if one.void]
    assert gone.void == "conflict of interest, found on 2027-04-13: conflict:employee"


def test_a_read_that_is_void_later_comes_out_under_the_frozen_parameters_beside_the_first_result(
    scored: "Judged",
) -> None:
    first = scored.freeze()
    assert acts.recompute_without_void(scored.session, *ROUND, clock=scored.at(AFTER)) is None
    name, judge = acts.find_assignment(scored.session, *ROUND).pairs[0]
    void(scored, name, judge)
    second = acts.recompute_without_void(scored.session, *ROUND, clock=scored.at("2027-05-02"))
    assert second is not None
    assert (second.number, second.result.kind, second.result.based_on) == (2, "voided", first.sha256)
    old, new = first.result.parts[0].total, second.result.parts[0].total
    assert (new.variances, new.mu, new.method) == (old.variances, old.mu, old.method)
    assert new.voided == ((name, judge),)
    assert new.merit(name).value != old.merit(name).value
    again = acts.recompute_without_void(scored.session, *ROUND, clock=scored.at("2027-05-03"))
    assert again == second
    other, by = acts.find_assignment(scored.session, *ROUND).pairs[-1]
    void(scored, other, by)
    third = acts.recompute_without_void(scored.session, *ROUND, clock=scored.at("2027-05-03"))
    assert third is not None
    assert (third.number, third.result.based_on) == (3, first.sha256)
    assert set(third.result.parts[0].total.voided) == {(name, judge), (other, by)}
    known = acts.phase_calibrations(scored.session, *ROUND)
    assert known == (first, second, third)


def test_after_the_freeze_each_judge_sees_his_own_effect_and_a_withdrawal_moves_nobody(
    scored: "Judged",
) -> None:
    def shown(judge: str, day: str) -> float:
        clock = scored.at(day)
        return acts.show_own_effect(scored.session, *ROUND, judge, clock=clock).effect

    with pytest.raises(ChallengeRefused):
        shown("j-1", "2027-04-10")
    with pytest.raises(Missing):
        shown("j-1", AFTER)
    made = scored.freeze().result.parts[0].total
    assert shown("j-2", AFTER) == next(row.effect for row in made.judges if row.judge_id == "j-2")
    with pytest.raises(CalibrationInvalid):
        shown("stranger", AFTER)
    (before,) = acts.rank_phase(scored.session, *ROUND)
    gone = before.order[1]
    withdraw(scored, gone, AFTER)
    (after,) = acts.rank_phase(scored.session, *ROUND)
    assert after.order == tuple(name for name in before.order if name != gone)
    assert after.withdrawn == (gone,)
    ranks = {name: rank for name, rank in before.expected_ranks.items() if name != gone}
    assert after.expected_ranks == ranks
    assert scored.freeze() == acts.phase_calibrations(scored.session, *ROUND)[0]


def test_a_lot_is_drawn_from_the_beacon_that_the_published_band_has_named(scored: "Judged") -> None:
    def decide(seed: Beacon | None = None, day: str = "2027-04-15") -> object:
        return acts.advance_phase(scored.session, *ROUND, maker="desk", clock=scored.at(day), seed=seed)

    scored.freeze()
    assert acts.list_advanced(scored.session, *ROUND) is None
    with pytest.raises(ChallengeRefused, match="decided after that"):
        decide(day="2027-04-01")
    with pytest.raises(TieUnresolved, match="needs its seed"):
        decide()
    with pytest.raises(TieUnresolved, match="Publish the band"):
        decide(beacon(scored))
    with pytest.raises(TieUnresolved, match="name a later one"):
        acts.publish_band(
            scored.session,
            *ROUND,
            clock=scored.at(AFTER),
            beacon_source="x",
            beacon_at=datetime(2027, 1, 1, tzinfo=UTC),
        )
    told = publish_band(scored)
    assert publish_band(scored) == told
    with pytest.raises(TieUnresolved, match="no other one counts"):
        decide(beacon(scored, source="my own dice"))
    decide(beacon(scored))
    inside = acts.list_advanced(scored.session, *ROUND)
    assert inside is not None
    assert len(inside) == 3
    (band,) = cast("list[dict[str, Any]]", told["bands"])
    lot = draw(band["members"], band["places"], "ab" * 16)
    assert set(inside) == {*band["sure"], *lot.drawn}
    decide(beacon(scored))
    other = next(
        value
        for value in (f"{n:02x}" * 16 for n in range(200))
        if set(draw(band["members"], band["places"], value).drawn) != set(lot.drawn)
    )
    with pytest.raises(ChallengeRefused, match="decided already, and otherwise"):
        decide(beacon(scored, value=other))


def test_a_committed_secret_gives_a_seed_with_the_first_checkpoint_after_the_band(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    judged = open_judged(round_, reads=3, seed_source="committed")
    nonce, secret = "cd" * 16, bytes(32)

    def committed(what: str, day: str = "2027-02-01") -> None:
        acts.commit_lottery(judged.session, *ROUND, what, clock=judged.at(day))

    committed(commit(nonce))
    committed(commit(nonce))
    with pytest.raises(ChallengeRefused, match="committed to once"):
        committed(commit("ef" * 16))
    enter_all(judged)
    judged.freeze()

    def decide(day: str) -> Advancement:
        opened = acts.OpenedSecret(nonce=nonce)
        return acts.advance_phase(judged.session, *ROUND, maker="desk", clock=judged.at(day), seed=opened)

    finance.seal(judged.session, "main", clock=judged.at("2027-04-12"), name="example.org", secret=secret)
    acts.publish_band(judged.session, *ROUND, clock=judged.at(AFTER))
    with pytest.raises(TieUnresolved, match="seal the log"):
        decide("2027-04-14")
    sealed = finance.seal(
        judged.session, "main", clock=judged.at("2027-04-14"), name="example.org", secret=secret
    )
    assert sealed is not None
    made = decide("2027-04-15")
    assert made.lot is not None
    assert made.lot.seed == committed_seed(nonce, commit(nonce), sealed.root.hex())
    with pytest.raises(ChallengeRefused):
        acts.commit_lottery(
            judged.session, "main", "clean-water", "panel", commit("12" * 16), clock=judged.at(AFTER)
        )


@ONE_DATABASE
def test_a_panel_decides_the_band_on_record_and_without_anybody_in_conflict(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    round_.brief_content["phases"][1]["advances"] = {"rule": "top", "n": 3, "tie": "panel"}
    judged = enter_all(open_judged(round_, reads=3))
    judged.freeze()
    (ranking,) = acts.rank_phase(judged.session, *ROUND)
    chosen = ranking.band.members[-ranking.band.places :]

    def decide(members: tuple[str, ...], reason: str = "Wider reach.") -> object:
        choice = acts.PanelChoice(chosen=chosen, members=members, reason=reason)
        return acts.advance_phase(judged.session, *ROUND, maker="desk", clock=judged.at(AFTER), choice=choice)

    judged.tie("p-2", f"lab-{chosen[0][2:]}", kind="family")
    with pytest.raises(ConflictRecused, match="p-2"):
        decide(("p-1", "p-2"))
    with pytest.raises(TieUnresolved, match="a reason on record"):
        decide(("p-1", "p-3"), " ")
    decide(("p-1", "p-3"))
    assert set(acts.list_advanced(judged.session, *ROUND) or ()) == {*ranking.band.sure, *chosen}


@ONE_DATABASE
def test_extra_reads_of_the_band_open_a_new_calibration_and_only_then_the_line_is_drawn(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    phases = round_.brief_content["phases"]
    phases[1]["advances"] = {"rule": "top", "n": 3, "tie": "extra_reads"}
    phases[1]["closes_at"] = "2027-03-25T17:00+03:00"
    extra = {
        **phases[1],
        "id": "extra",
        "opens_at": "2027-03-26T09:00+03:00",
        "closes_at": "2027-04-12T17:00+03:00",
    }
    del extra["advances"]
    phases.insert(2, {**extra, "reads_per_application": 1})
    judged = enter_all(open_judged(round_, reads=3))
    judged.freeze(day="2027-03-26")

    def decide(day: str) -> object:
        return acts.advance_phase(judged.session, *ROUND, maker="desk", clock=judged.at(day), seed=None)

    with pytest.raises(TieUnresolved, match="more reads have to be taken first"):
        decide("2027-03-26")
    plan = judged.assign("extra", day="2027-03-26", reason="each entry gets one more")
    assert not set(plan.pairs) & set(acts.find_assignment(judged.session, *ROUND).pairs)
    for name, judge in plan.pairs:
        judged.score(name, judge, f"{1 + int(name[2:]) / 4:.1f}", day="2027-03-30")
    with pytest.raises(ChallengeRefused, match="closes at"):
        acts.calibrate_again(judged.session, *ROUND, ["extra"], clock=judged.at("2027-04-01"))
    made = acts.calibrate_again(judged.session, *ROUND, ["extra"], clock=judged.at(AFTER))
    assert (made.number, made.result.kind, made.result.phases) == (2, "extra_reads", ("panel", "extra"))
    assert len(made.result.parts[0].total.reads) == 30 + len(plan.pairs)
    assert (
        made.result.parts[0].total.frozen_at
        != acts.phase_calibrations(judged.session, *ROUND)[0].result.parts[0].total.frozen_at
    )
    assert acts.calibrate_again(judged.session, *ROUND, ["extra"], clock=judged.at(AFTER)) == made
    decide(AFTER)
    assert len(acts.list_advanced(judged.session, *ROUND) or ()) == 3


def test_every_applicant_gets_a_packet_with_its_own_facts_and_pseudonyms_of_its_own(scored: "Judged") -> None:
    scored.session.flush()
    scored.freeze()
    publish_band(scored)
    seed = beacon(scored)
    made = acts.advance_phase(scored.session, *ROUND, maker="desk", clock=scored.at("2027-04-15"), seed=seed)
    withdraw(scored, made.outside[0], "2027-04-16")
    packets = acts.feedback_packets(scored.session, *ROUND, key=KEY)
    assert set(packets) == set(NAMES)
    assert packets[made.outside[0]].outcome == "withdrawn"
    assert {packets[name].outcome for name in made.inside} == {"inside"}
    one, other = packets[made.inside[0]], packets[made.outside[-1]]
    assert one.appeal_until == datetime(2027, 4, 25, 12, tzinfo=UTC)
    assert one.process.seed == "ab" * 16 if made.lot else one.process.seed is None
    assert one.agreement is not None
    assert one.agreement.cases == 5
    assert not {row.judge for row in one.marks} & {row.judge for row in other.marks}
    for name, packet in packets.items():
        text = json.dumps(packet.told())
        assert not [judge for judge in ("j-1", "j-2", "j-3", "j-4", "j-5") if f'"{judge}"' in text]
        assert f'"application": "{name}"' in text
        assert any("2.1" in line for line in packet.findings)
    assert acts.feedback(scored.session, *ROUND, "a-3", key=KEY) == packets["a-3"]
    assert acts.feedback(scored.session, *ROUND, "a-3", key=b"another key of 16 bytes") != packets["a-3"]
    with pytest.raises(CalibrationInvalid, match="5 bytes"):
        acts.feedback(scored.session, *ROUND, "a-3", key=b"short")
    with pytest.raises(Missing):
        acts.feedback(scored.session, *ROUND, "a-99", key=KEY)


@ONE_DATABASE
def test_whoever_was_let_on_takes_part_in_the_next_phase_and_nobody_else(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    phases = round_.brief_content["phases"]
    final = {
        **phases[1],
        "id": "final",
        "opens_at": "2027-04-20T09:00+03:00",
        "closes_at": "2027-05-01T17:00+03:00",
    }
    phases[2]["opens_at"] = "2027-05-02T17:00+03:00"
    phases[1]["advances"] = {"rule": "top", "n": 3, "tie": "split"}
    phases.insert(2, {**final, "advances": {"rule": "above_line", "line": "3.0"}, "rubric": "final/1"})
    round_.brief_content["rubrics"] = [{**round_.brief_content["rubric"], "id": "final/1"}]
    judged = enter_all(open_judged(round_, reads=3))
    judged.freeze()
    made = acts.advance_phase(judged.session, *ROUND, maker="desk", clock=judged.at(AFTER))
    plan = judged.assign("final", day="2027-04-19")
    assert {name for name, _ in plan.pairs} == set(made.inside)


def test_applicants_read_the_other_half_and_whoever_does_not_finish_is_dropped(
    round_: "Round", open_judged: "Callable[..., Judged]"
) -> None:
    panel = round_.brief_content["phases"][1]
    panel |= {
        "judging": "applicants",
        "must_finish": True,
        "advances": {"rule": "top", "n": 4, "tie": "split"},
    }
    judged = open_judged(round_, scope="competition")
    judged.enter(*NAMES)
    plan = judged.assign()
    assert {judge for _, judge in plan.pairs} <= {f"hub-{name[2:]}" for name in NAMES}
    sides = json.loads(plan.body)["halves"]
    for side in sides:
        own = {f"hub-{name[2:]}" for name in side["applications"]}
        readers = {judge for name, judge in plan.pairs if name in side["applications"]}
        assert readers
        assert not readers & own
    lazy = plan.pairs[0][1]
    for name, judge in plan.pairs:
        if judge != lazy:
            judged.score(name, judge, f"{1 + int(name[2:]) / 4:.1f}")
    late = acts.remind_readers(judged.session, *ROUND, clock=judged.at("2027-04-01"))
    assert late == (lazy,)
    assert acts.remind_readers(judged.session, *ROUND, clock=judged.at("2027-04-02")) == ()
    with pytest.raises(ChallengeClosed):
        acts.remind_readers(judged.session, *ROUND, clock=judged.at(AFTER))
    frozen = judged.freeze()
    assert [part.name for part in frozen.result.parts] == ["/a", "/b"]
    made = acts.advance_phase(judged.session, *ROUND, maker="desk", clock=judged.at(AFTER))
    dropped = f"a-{lazy[4:]}"
    assert dropped not in made.inside
    for side in sides:
        assert len(set(made.inside) & set(side["applications"])) >= side["places"]
    packet = acts.feedback(judged.session, *ROUND, made.inside[0], key=KEY)
    assert packet.process.entries == 5


def test_a_score_in_the_moment_of_the_freeze_is_either_in_it_or_refused(
    engine: Engine,
    session: Session,
    open_round: "Callable[[Session], Round]",
    open_judged: "Callable[..., Judged]",
) -> None:
    judged = open_judged(open_round(session))
    judged.enter("a-1", "a-2", "a-3")
    judged.register("j-1", "j-2", "j-3")
    plan = judged.assign()
    for name, judge in plan.pairs[1:]:
        judged.score(name, judge, "3.0")
    session.commit()
    session.close()
    start = threading.Barrier(2)

    def freeze() -> str:
        with Session(engine) as own:
            start.wait()
            made = replace(judged, round=replace(judged.round, session=own)).freeze()
            own.commit()
            return made.sha256

    def mark() -> str:
        with Session(engine) as own:
            start.wait()
            try:
                replace(judged, round=replace(judged.round, session=own)).score(*plan.pairs[0], "5.0")
            except ChallengeClosed:
                return "refused"
            own.commit()
            return "kept"

    with ThreadPoolExecutor(2) as pool:
        frozen, marked = pool.submit(freeze), pool.submit(mark)
        assert frozen.result()
        outcome = marked.result()
    (made,) = acts.phase_calibrations(session, *ROUND)
    reads = {(one.application_id, one.judge_id) for one in made.result.parts[0].total.reads}
    stored = find_challenge(session, "main", "clean-water")
    assert reads == {(one.application, one.judge) for one in list_reads(session, stored, "panel")}
    assert (plan.pairs[0] in reads) == (outcome == "kept")
    session.close()
