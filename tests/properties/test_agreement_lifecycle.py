"""Random agreements live their whole lives on both databases, held against a model with books of its own.

Claims, findings (right and wrong), disputes, settlements, approvals, returns, amendments and ends come in any
order, each asked twice; time passes in between. After each step the state, every payout and the money of
every payer are what the model says; never more is set aside and paid than was proven; what can still come is
covered; and at the end everything replays, verifies and can be traced.
``AGREEMENT_EXAMPLES=500 pytest tests/properties/test_agreement_lifecycle.py`` runs longer.
"""

import os
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from almoner.finance import acts as finance
from almoner.finance.storage import Engine, Session, open_engine

from .agreement_arithmetic import Result
from .agreement_book import (
    BEGIN,
    FUNDS,
    LABS,
    PARTIES,
    RESOLVER,
    SHORT,
    clock_of,
    document_of,
    maxima_of,
    open_book,
    policy_of,
)
from .agreement_checks import compare, prove_books
from .agreement_model import SETTLED_STATES, Model
from .agreement_rows import ClaimRow, PayoutRow, Rules
from .agreement_shapes import Shape, shapes
from .agreement_world import World

EXAMPLES = int(os.environ.get("AGREEMENT_EXAMPLES", "4"))
STEPS = int(os.environ.get("AGREEMENT_STEPS", "30"))
PHASES = (Phase.generate, Phase.shrink) if os.environ.get("AGREEMENT_SHRINK") else (Phase.generate,)
NOTHING: tuple[Result, ...] = ()
FAULTS = (
    "unsigned", "other", "content", "party", "stranger", "late", "early", "evidence", "domain", "round",
)  # fmt: skip
NAMES = tuple(name for name in PARTIES if name != "lab")


@st.composite
def rules_of(draw: st.DrawFn) -> Rules:
    return Rules(
        quorum=draw(st.sampled_from((1, 1, 2))),
        dispute_days=draw(st.sampled_from((0, 10, 30))),
        late_days=draw(st.sampled_from((0, 60))),
        claim_days=draw(st.sampled_from((None, 0, 30))),
        valid_days=draw(st.sampled_from((None, 20))),
        provisional=draw(st.booleans()),
        approval_from=draw(st.sampled_from((None, None, 1, 20_000))),
    )


class Life(RuleBasedStateMachine):
    """One agreement from its draft to its end; nothing is ever committed."""

    def __init__(self, engine: Engine) -> None:
        super().__init__()
        self.session = Session(engine)
        self.steps = 0

    @initialize(shape=shapes(), rules=rules_of(), data=st.data())
    def begin(self, shape: Shape, rules: Rules, data: st.DataObject) -> None:
        funds = open_book(self.session)
        if rules.approval_from is not None:
            policy = policy_of(rules.approval_from)
            finance.set_policy(self.session, "main", policy, key="policy", clock=clock_of(BEGIN))
        model = Model(shape, rules, BEGIN, NAMES, maxima_of(shape))
        self.world = World(self.session, funds, model, document_of(shape, rules))
        self.model = model
        self.world.draft()
        self.world.propose()
        first = data.draw(st.sampled_from(sorted(self.world.document.signatories)))
        self.world.sign(first)
        need = dict.fromkeys(FUNDS, 0)
        for payer, fund in shape.funded.items():
            need[fund] += model.maxima[payer]
        others = [name for name in self.world.document.signatories if name != first]
        short = any(need[fund] > FUNDS[fund] for fund in FUNDS)
        if short:
            self.world.sign(*others, refusal="Underfunded")
            for fund, minor in need.items():
                self.world.give(fund, max(0, minor - FUNDS[fund]))
        self.world.sign(*others)
        model.today += timedelta(days=data.draw(st.sampled_from((0, 0, 200, 330))))

    # ---- drawing

    def results(self, data: st.DataObject) -> tuple[Result, ...]:
        """Results of one claim, most of them within what its metrics still allow."""
        rows: dict[tuple[str, str, tuple[str, ...]], Result] = {}
        for _ in range(data.draw(st.sampled_from((1, 1, 2, 3)))):
            metric = data.draw(st.sampled_from(self.model.shape.metrics))
            period = data.draw(st.sampled_from(metric.periods))
            members = (data.draw(st.sampled_from(metric.members)),) if metric.members else ()
            high = metric.high if metric.pool == "last" else metric.high // 2
            share = data.draw(st.sampled_from((0, 1, 2, 3, 5, 7, 9, 10)) | st.integers(0, 10))
            value = metric.low + (high - metric.low) * share // 10
            rows[metric.name, period, members] = (metric.name, period, members, value)
        return tuple(rows[place] for place in sorted(rows))

    def less(self, data: st.DataObject, rows: tuple[Result, ...]) -> tuple[Result, ...]:
        """The same results, as they are, lower or fewer."""
        if data.draw(st.booleans()):
            return rows
        kept = []
        for metric, period, members, value in rows:
            low = self.model.shape.metric(metric).low
            if data.draw(st.integers(0, 4)):
                kept.append((metric, period, members, data.draw(st.integers(low, value))))
        return tuple(kept) or rows

    def one_of(self, data: st.DataObject, listed: list[ClaimRow]) -> ClaimRow:
        return data.draw(st.sampled_from(listed))

    def waiting(self) -> list[PayoutRow]:
        return [one for one in self.model.payouts if one.status == "waiting"]

    def owed(self) -> list[PayoutRow]:
        return [
            one
            for one in self.model.payouts
            if one.route == "fund" and one.status in {"owed", "part_returned"}
        ]

    def undecided(self) -> list[ClaimRow]:
        return [one for one in self.model.claims.values() if not one.round and not one.dispute]

    def decided(self) -> list[ClaimRow]:
        return [one for one in self.model.claims.values() if one.round]

    def disputed(self) -> list[ClaimRow]:
        return [one for one in self.model.claims.values() if one.dispute]

    # ---- steps

    @rule(data=st.data())
    def live(self, data: st.DataObject) -> None:
        """Take one step, of those that make sense now."""
        model = self.model
        ends = model.state in {"measured", "terminated"} or model.today.month == 7
        weights: dict[Callable[[st.DataObject], None], int] = {
            self.claim: 6 if model.state == "active" and len(model.claims) < 9 else len(model.claims) < 9,
            self.find: 3 if self.undecided() else 0,
            self.find_wrongly: 2 if self.undecided() and model.state == "active" else 0,
            self.find_too_late: 1 if self.decided() else 0,
            self.settle: 2,
            self.settle_all: 4 if model.unsettled() else 1,
            self.dispute: 4 if self.decided() else 0,
            self.resolve: 4 if self.disputed() and model.state != "suspended" else 0,
            self.waive: 1 if self.decided() else 0,
            self.carry_out: 4 if self.waiting() else 0,
            self.money_comes_back: 4 if self.owed() else 0,
            self.amend: 1 if model.state in {"active", "suspended"} and model.shape.limits else 0,
            self.the_fund_pays_others: 1 if model.claims else 0,
            self.time_passes: 4,
            self.stop_and_go: int(model.today.month % 3 == 0),
            self.measure: 4 * int(model.today.year == 2027 and "measured" not in model.was),
            self.terminate: int(model.today.year == 2027 and "terminated" not in model.was),
            self.close: 3 if ends and model.state != "closed" else 0,
        }
        choices = [act for act, weight in weights.items() for _ in range(weight)]
        data.draw(st.sampled_from(choices))(data)

    def time_passes(self, data: st.DataObject) -> None:
        self.model.today += timedelta(days=data.draw(st.sampled_from((1, 9, 25, 60, 130))))

    def claim(self, data: st.DataObject) -> None:
        """A claim, on most of which as many verifiers as are needed find the same."""
        rows = self.results(data)
        refusal = self.claim_refused(rows)
        code = f"c{len(self.model.claims)}"
        self.world.claim(code, rows, refusal)
        if refusal or not data.draw(st.sampled_from((0, 1, 1, 1))):
            return
        found = self.less(data, rows)
        claim = self.model.claims[code]
        for lab in LABS[: self.model.rules.quorum]:
            self.world.determine(self.world.finding(code, found, lab))
            claim.found.setdefault(1, {})[lab] = found
        self.model.decide(claim)

    def claim_refused(self, rows: tuple[Result, ...]) -> str:
        model = self.model
        if model.state != "active":
            return "UnlawfulTransition"
        if any(period == "h2" and model.today < BEGIN.replace(month=7, day=1) for _, period, _, _ in rows):
            return "ClaimLate"
        if any(model.is_late(period) for _, period, _, _ in rows):
            return "ClaimLate"
        return "" if model.pooled("", rows) else "OutsideDomain"

    def find(self, data: st.DataObject) -> None:
        lab = data.draw(st.sampled_from(LABS))
        claim = self.one_of(data, self.undecided())
        rows = self.less(data, claim.results)
        refusal = ""
        known = claim.found.get(1, {})
        if lab in known:
            refusal = "" if known[lab] == rows else "AlreadyDetermined"
            if not refusal:
                return
        elif self.model.state not in {"active", "measured"}:
            refusal = "UnlawfulTransition"
        elif not self.model.pooled(claim.code, rows):
            refusal = "OutsideDomain"
        self.world.determine(self.world.finding(claim.code, rows, lab), refusal)
        if not refusal:
            claim.found.setdefault(1, {})[lab] = rows
            self.model.decide(claim)

    def settle_all(self, data: st.DataObject) -> None:
        """Wait until what is decided is final, and settle it."""
        if data.draw(st.booleans()):
            self.model.today += timedelta(days=self.model.rules.dispute_days)
        self.world.settle()

    def find_wrongly(self, data: st.DataObject) -> None:
        fault = data.draw(st.sampled_from(FAULTS))
        claim = self.one_of(data, self.undecided())
        free = [lab for lab in LABS if lab not in claim.found.get(1, {})]
        if not free:
            return
        made = self.world.finding(claim.code, claim.results, free[0])
        self.world.find_wrongly(claim, made, fault)

    def find_too_late(self, data: st.DataObject) -> None:
        """A round that is decided, or was ended by a dispute, takes no finding any more."""
        lab = data.draw(st.sampled_from(LABS))
        claim = self.one_of(data, self.decided())
        if lab in claim.found.get(1, {}) and claim.current == 1:
            return
        if self.model.state not in {"active", "measured"}:
            return
        made = self.world.finding(claim.code, claim.results, lab)
        self.world.determine(made, "DeterminationReplayed" if claim.current > 1 else "AlreadyDetermined")

    def settle(self, data: st.DataObject) -> None:
        codes = ["", "", *self.model.claims]
        self.world.settle(data.draw(st.sampled_from(codes)))

    def dispute(self, data: st.DataObject) -> None:
        by = data.draw(st.sampled_from((*NAMES, "second")))
        grounds = data.draw(st.sampled_from(("data_error", "fraud")))
        claim = self.one_of(data, self.decided())
        refusal = "DisputeRefused" if self.model.dispute_refused(claim, by, grounds) else ""
        if self.model.state not in {"active", "suspended", "measured", "terminated"}:
            refusal = "UnlawfulTransition"
        self.world.dispute(claim, by, grounds, refusal)

    def resolve(self, data: st.DataObject) -> None:
        outcome = data.draw(st.sampled_from(("upheld", "overturned", "partly")))
        claim = self.one_of(data, self.disputed())
        number = claim.round + 1
        if outcome == "upheld":
            made, rows = None, NOTHING
        else:
            before = {lab for at in claim.found.values() for lab in at}
            heard = [lab for lab in (RESOLVER, *LABS) if lab not in before]
            if not heard:
                return
            lab = data.draw(st.sampled_from(heard))
            rows = self.less(data, claim.results) if outcome == "partly" else NOTHING
            made = self.world.finding(claim.code, rows, lab, number)
            if not self.model.pooled(claim.code, rows):
                self.world.resolve(claim, outcome, made, "OutsideDomain")  # type: ignore[arg-type]  # drawn
                return
            claim_found = {number: {lab: rows}}
        probe = deepcopy(self.model)
        probe.resolve(probe.claims[claim.code], outcome, rows)
        if self.world.is_short(probe):
            self.world.resolve(claim, outcome, made, *SHORT)  # type: ignore[arg-type]  # drawn
            return
        self.world.resolve(claim, outcome, made)  # type: ignore[arg-type]  # drawn
        if outcome != "upheld":
            claim.found |= claim_found
        self.model.resolve(claim, outcome, rows)

    def waive(self, data: st.DataObject) -> None:
        everybody = data.draw(st.booleans())
        claim = self.one_of(data, self.decided())
        refusal = "DisputeRefused" if claim.dispute else ""
        if self.model.state not in {"active", "suspended", "measured", "terminated"}:
            refusal = "UnlawfulTransition"
        for name in NAMES if everybody and not refusal else [data.draw(st.sampled_from(NAMES))]:
            self.world.waive(claim, name, refusal)

    def carry_out(self, data: st.DataObject) -> None:
        approved = data.draw(st.booleans())
        one = data.draw(st.sampled_from(self.waiting()))
        claim = self.model.claims.get(one.claim)
        if approved:
            self.world.approve(one)
        refusal = "" if one.approved or approved else "NotApproved"
        one.approved = one.approved or approved
        if one.kept_for or (claim is not None and claim.dispute):
            refusal = "MoneyFrozen"
        if self.model.state not in SETTLED_STATES:
            refusal = "UnlawfulTransition"
        self.world.carry_out(one, refusal)

    def money_comes_back(self, data: st.DataObject) -> None:
        whole = data.draw(st.booleans())
        one = data.draw(st.sampled_from(self.owed()))
        left = one.amount - one.done
        self.world.take_back(one, left + 1, "AmountOutOfRange")
        self.world.take_back(one, left if whole else data.draw(st.integers(1, left)))

    def amend(self, data: st.DataObject) -> None:
        by = data.draw(st.sampled_from(NAMES))
        at = data.draw(st.integers(0, len(self.model.shape.limits) - 1))
        old = self.model.shape.limits[at].most
        most = data.draw(st.sampled_from((old // 2 + 1, old - 1, old + 5_000, old * 2, old * 9)))
        if most > 0 and most != old:
            self.world.amend(at, most, by)
            self.model.amended += 1

    def the_fund_pays_others(self, data: st.DataObject) -> None:
        minor, fund = data.draw(st.integers(1, 400_000)), data.draw(st.sampled_from(sorted(FUNDS)))
        free = finance.position(self.session, self.world.funds[fund]).free.minor
        if free:
            self.world.spend(fund, min(free, minor))

    def stop_and_go(self, data: st.DataObject) -> None:
        """While it is suspended nothing is claimed, settled or carried out."""
        act = data.draw(st.sampled_from(("suspend", "resume")))
        states = {"suspend": "active", "resume": "suspended"}
        refusal = "" if self.model.state == states[act] else "UnlawfulTransition"
        self.world.stop(act, refusal)
        if refusal or act == "resume":
            return
        self.world.settle()
        for one in self.waiting()[:1]:
            self.world.carry_out(one, "UnlawfulTransition")
        if data.draw(st.booleans()):
            self.world.stop("resume")

    def measure(self, _: st.DataObject) -> None:
        if "measured" in self.model.was:
            return
        ready = (
            self.model.state == "active" and not self.model.is_undecided() and not self.model.is_disputed()
        )
        self.world.measure("" if ready else "UnlawfulTransition")

    def terminate(self, _: st.DataObject) -> None:
        if "terminated" in self.model.was:
            return
        ready = self.model.state in {"active", "suspended"} and not self.model.is_disputed()
        self.world.terminate("" if ready else "UnlawfulTransition")

    def close(self, _: st.DataObject) -> None:
        if self.model.state != "closed":
            self.world.close()

    # ---- what always holds

    @invariant()
    def the_books_are_those_of_the_model(self) -> None:
        if hasattr(self, "world"):
            compare(self.world)
            self.steps += 1
            if self.steps % 10 == 0:
                prove_books(self.world)

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                prove_books(self.world)
        finally:
            self.session.rollback()
            self.session.close()


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_random_lives_are_those_of_the_model(make_database: Callable[[str], str], dialect: str) -> None:
    engine = open_engine(make_database(dialect))
    run_state_machine_as_test(
        lambda: Life(engine),  # type: ignore[arg-type]  # a maker does as well
        settings=settings(
            max_examples=EXAMPLES if dialect == "sqlite" else -(-EXAMPLES // 3),
            phases=PHASES,
            report_multiple_bugs=False,
            stateful_step_count=STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    engine.dispose()
