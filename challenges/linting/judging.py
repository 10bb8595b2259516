"""Checks of judging: enough judges, a way through every tie, fees that buy nothing, reasons for all."""

from collections.abc import Iterator
from typing import Final

from ..lifecycle import event_names
from ..visibility import mask
from .finding import BriefFinding, BriefSubject, error, warning

LEAST_READS: Final = 3


def check_reads(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find panels with too few reads to tell the judges' severity from the entries' merit."""
    policy = subject.brief.judge_policy
    for n, phase in subject.scored():
        reads = phase.reads_per_application or 0
        if policy is not None and policy.calibrate and reads < LEAST_READS:
            said = f"{phase.id} has {reads} reads per application; fewer than {LEAST_READS} hardly tell"
            said += " a judge's severity from an entry's merit."
            fix = "Ask for more reads, or set 'calibrate' to false."
            yield warning("review.few_reads", f"/phases/{n}/reads_per_application", said, fix)


def check_policy(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find panels without a policy, fees that depend on the result, and conflicts barred more narrowly."""
    policy = subject.brief.judge_policy
    if policy is None:
        if subject.scored():
            said = "A panel judges, and nothing is said of its workload, its conflicts and its fees."
            yield warning("judges.policy", "/judge_policy", said, "Add a judge policy.")
        return
    if policy.fee is not None and policy.fee.per != "read":
        said = f"The fee is paid per {policy.fee.per}: it depends on what the judge decides."
        yield error("judges.fee", "/judge_policy/fee/per", said, "Pay a fixed amount per read.")
    if policy.conflicts == "america_competes" and policy.scope in {"pair", "phase"}:
        said = (
            f"Conflicts bar from the {policy.scope} only; the statute, read literally, bars from the whole "
            "competition. The choice is printed on the public page."
        )
        fix = "Leave it where the statute does not bind you; else take the scope out."
        yield warning("judges.scope", "/judge_policy/scope", said, fix)


def check_capacity(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find more reads than the judges can give."""
    policy, capacity = subject.brief.judge_policy, subject.capacity
    if policy is None or capacity is None or not policy.states_load:
        return
    for n, phase in subject.scored():
        asked = capacity.applications * (phase.reads_per_application or 0)
        asked += policy.anchors * policy.anchor_reads
        most = capacity.judges * policy.load[1]
        if phase.judging == "panel" and asked > most:
            said = (
                f"{capacity.applications} applications need {asked} reads in {phase.id}; {capacity.judges} "
                f"judges with at most {policy.load[1]} each can give {most}."
            )
            fix = f"Find {-(-(asked - most) // max(policy.load[1], 1))} more judges, or ask for fewer reads."
            yield error("judges.capacity", f"/phases/{n}/reads_per_application", said, fix)


def check_ties(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find lines without a rule for ties, and lotteries without a seed that anybody can check."""
    brief = subject.brief
    lotteries = []
    for n, phase in enumerate(brief.phases):
        advances = phase.advances
        if advances is not None and advances.rule == "top" and advances.tie is None:
            said = f"{phase.id} lets the best {advances.n} through and does not say what happens at a tie."
            fix = "Add 'tie': split, lottery, panel or extra_reads."
            yield error("advances.tie", f"/phases/{n}/advances/tie", said, fix)
        if advances is not None and advances.tie == "lottery":
            lotteries.append(f"/phases/{n}/advances/tie")
    for n, prize in enumerate(brief.prizes):
        lotteries += [
            f"/prizes/{n}/{name}" for name in ("tie", "newcomers") if getattr(prize, name, "") == "lottery"
        ]
    if brief.judge_policy is None or brief.judge_policy.seed_source is None:
        for place in lotteries:
            said = "A lottery decides, and nothing says where its seed comes from."
            fix = "Set 'judge_policy.seed_source' to 'beacon', or to 'committed'."
            yield error("lottery.seed", place, said, fix)


def check_feedback(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find judged phases whose applicants never learn why."""
    brief = subject.brief
    for n, phase in subject.scored():
        later = [*[one.id for one in brief.phases[n:]], None]
        told = any(
            mask(
                {"feedback": {"any": "part"}},
                brief.visibility if name is None else brief.rules_of(name),
                phase=name,
                viewer="own_applicant",
                events=event_names(brief) - {"cancelled"},
            )
            for name in later
        )
        if not told:
            said = f"No rule ever shows applicants the feedback of {phase.id}: most would be told no reason."
            fix = (
                'Add {"pointer": "/feedback", "viewer": "own_applicant", "action": "after(decided)"} to '
                "'visibility'."
            )
            yield error("feedback.missing", "/visibility", said, fix)
            return


def check_rubrics(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find traits whose anchors say the same, traits that no question serves, and rubrics nobody uses."""
    brief = subject.brief
    used = {brief.rubric_of(phase.id).id: phase for _, phase in reversed(subject.scored())}
    places = [] if brief.rubric is None else [("/rubric", brief.rubric)]
    places += [(f"/rubrics/{n}", rubric) for n, rubric in enumerate(brief.rubrics)]
    places += [
        (f"/phases/{n}/rubric", phase.rubric)
        for n, phase in subject.scored()
        if phase.rubric is not None and not isinstance(phase.rubric, str)
    ]
    for at, rubric in places:
        if rubric.id not in used:
            yield warning(
                "rubric.unused", at, f"No phase is judged by {rubric.id}.", "Use it or take it out."
            )
        for n, trait in enumerate(rubric.traits):
            texts = [" ".join(anchor.text.split()).casefold() for anchor in trait.anchors]
            if len(set(texts)) < len(texts):
                said = f"Two anchors of {trait.id} say the same: the marks between them mean nothing."
                fix = "Say of each band what an application looks like that deserves it."
                yield error("rubric.unanchored", f"{at}/traits/{n}/anchors", said, fix)


def check_questions(subject: BriefSubject) -> Iterator[BriefFinding]:
    """Find questions that serve a trait which is not there, and traits that no question serves."""
    brief = subject.brief
    traits = {trait.id for _, phase in subject.scored() for trait in brief.rubric_of(phase.id).traits}
    served: set[str] = set()
    for n, form in enumerate(brief.forms):
        for pointer, node, _ in form.asks():
            trait = node.get("x-trait")
            if isinstance(trait, str):
                served.add(trait)
                if trait not in traits:
                    said = f"{form.id}{pointer} serves the trait {trait}, which no panel scores."
                    fix = "Name a trait of the rubric, or take 'x-trait' out."
                    yield error("form.trait", f"/forms/{n}/schema", said, fix)
    for trait in sorted(traits - served) if served else ():
        said = f"No question serves the trait {trait}: judges score what nobody was asked."
        yield warning("rubric.unasked", "/forms", said, f"Mark a question with 'x-trait': '{trait}'.")
