"""Random lives over HTTP on both databases, held against plain sums.

A fund is filled; an agreement is signed by everybody, claimed on, found, disputed, ruled on and settled;
transfers are made, proposed, approved, carried out and reversed; requests are repeated under their keys,
and sent by the wrong people; drafts are replaced by tags that are too old; time passes. After each step the
figures of the fund are what the sums say and no money was made; at the end the book verifies, the agreement
replays, every claim stands as it should, and no person checked what they made themselves.
``make http-lives LIVES=100`` runs longer, other lives each time.
"""

import os
from collections.abc import Callable, Iterator

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
from tests.doors.life_model import MADE, Answer, Claimed, Model, Proposed, Transfer
from tests.doors.life_world import DOCUMENT, MOST, SIGNERS, Json, Server, World, open_server, text_of

from almoner.finance.storage import open_engine

LIVES = int(os.environ.get("HTTP_LIVES", "3"))
STEPS = int(os.environ.get("HTTP_STEPS", "24"))
LONG = bool(os.environ.get("HTTP_SHRINK"))
PHASES = (Phase.generate, Phase.shrink) if LONG else (Phase.generate,)
AMOUNTS = (1, 2_500, 99_999, 100_000, 1_000_000, 2_000_001, 50_000_000)
NIGHTS = (700, 250, 40, 1, 0, 700, 250)
CHECKERS = ("fiona", "frank", "dora")
INTERESTED = ("fiona", "hana")
KEPT = {200, 201, 404, 409}


class Life(RuleBasedStateMachine):
    """One book from its opening to its audit."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.world = World(server)
        self.owned: dict[str, str] = {}
        self.tags: list[str] = []

    @initialize(
        policy=st.sampled_from((None, 100_000)),
        waiting=st.sampled_from((None, 1_000_000)),
        gift=st.sampled_from((12_000_000, 15_000_000, 11_000_000, 9_000_000)),
        order=st.permutations(sorted(SIGNERS)),
    )
    def begin(self, policy: int | None, waiting: int | None, gift: int, order: list[str]) -> None:
        self.world.begin(policy, waiting)
        self.model = Model(
            most=MOST,
            policy_from=policy,
            waiting_from=waiting,
            today=self.world.watch.now.date(),
            missing=set(SIGNERS),
        )
        self.last = order[-1]
        self.receive(gift)
        for name in order[:-1]:
            self.expect(self.world.sign(name), self.model.sign(name))
        self.tags.append(self.world.tag(f"{self.world.sketch}/document"))

    def expect(self, reply: Json, answer: Answer) -> bool:
        """Compare an answer with what was foretold, and tell whether it was a yes."""
        status, code = answer
        said = "" if reply.status_code in {200, 201} else reply.json()["code"]
        assert (reply.status_code, said) == (status, code), reply.text
        return answer == MADE

    # ---- steps

    @rule(data=st.data())
    def live(self, data: st.DataObject) -> None:
        """Take one step, of those that make sense now."""
        model = self.model
        claims = [model.state(one) for one in model.claims.values()]
        waiting = [one for one in model.proposals if not one.executed]
        short = model.free < model.most
        weights: dict[Callable[[st.DataObject], None], int] = {
            self.give: 1 if model.active or not short else 12,
            self.sign_last: 0 if model.active else 2 if short else 30,
            self.send: 2,
            self.propose: 2 if len(waiting) < 3 else 0,
            self.approve: 4 if waiting else 0,
            self.execute: 4 if waiting else int(bool(model.proposals)),
            self.reverse: int(bool(model.transfers)),
            self.claim: 5 * model.active + 1 if len(claims) < 8 else 0,
            self.determine: 5 if "claimed" in claims else int(bool(claims)),
            self.settle: 12 if "final" in claims else int(bool(claims)),
            self.dispute: 6 if "provisional" in claims else int(bool(claims)),
            self.resolve: 6 if "disputed" in claims else 0,
            self.waive: 3 if "provisional" in claims else 0,
            self.time_passes: 5 if "provisional" in claims else 1,
            self.repeat: 2,
            self.redraft: 1,
            self.intrude: 2,
        }
        choices = [act for act, weight in weights.items() for _ in range(weight)]
        data.draw(st.sampled_from(choices))(data)

    # ---- money in and out

    def receive(self, minor: int) -> None:
        self.expect(self.world.give(minor), MADE)
        self.model.received += minor

    def give(self, data: st.DataObject) -> None:
        short = max(1, self.model.most - self.model.free)
        self.receive(data.draw(st.sampled_from((2_500, short, short - 1 or 1))))

    def sign_last(self, _data: st.DataObject) -> None:
        self.expect(self.world.sign(self.last), self.model.sign(self.last))

    def send(self, data: st.DataObject) -> None:
        minor = data.draw(st.sampled_from(AMOUNTS))
        asked = {"payee": "hub-b", "amount": text_of(minor), "unit": "USD"}
        reply = self.world.send("mira", f"{self.world.fund}/disbursements", asked)
        if self.expect(reply, self.model.send(minor)):
            self.model.transfers.append(Transfer(id=reply.json()["id"], minor=minor))

    def propose(self, data: st.DataObject) -> None:
        minor = data.draw(st.sampled_from(AMOUNTS))
        maker = data.draw(st.sampled_from(("mira", "dora")))
        asked = {"act": "disbursement", "payee": "hub-b", "amount": text_of(minor), "unit": "USD"}
        reply = self.world.send(maker, f"{self.world.fund}/proposals", asked)
        if self.expect(reply, self.model.propose(minor)):
            self.model.proposals.append(Proposed(id=reply.json()["id"], maker=maker, minor=minor))

    def approve(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(CHECKERS))
        one = data.draw(st.sampled_from([one for one in self.model.proposals if not one.executed]))
        self.expect(self.world.approve(one.id, person), self.model.approve(one, person))

    def execute(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.model.proposals))
        if one.payout:
            reply = self.world.send("mira", f"{self.world.pact}/payouts/{one.payout}/executions")
            self.expect(reply, self.model.pay_out(one))
            return
        reply = self.world.send("mira", f"{self.world.fund}/proposals/{one.id}/executions")
        if self.expect(reply, self.model.execute(one)):
            one.executed = reply.json()["id"]
            if one.reverses:
                return
            self.model.transfers.append(Transfer(id=one.executed, minor=one.minor))

    def reverse(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.model.transfers))
        reply = self.world.send("mira", f"{self.world.book}/transactions/{one.id}/reversals")
        answer = self.model.reverse(one)
        self.expect(reply, answer)
        if answer == (403, "duty.not_approved"):
            asked = {"act": "reversal", "transaction": one.id}
            made = self.world.send("dora", f"{self.world.fund}/proposals", asked)
            self.expect(made, MADE)
            waiting = Proposed(id=made.json()["id"], maker="dora", minor=one.minor, reverses=one)
            self.model.proposals.append(waiting)

    # ---- results

    def claim(self, data: st.DataObject) -> None:
        value = data.draw(st.sampled_from(NIGHTS))
        share = data.draw(st.sampled_from((1, 1, 2, 1, 0)))
        code = f"c{len(self.model.claims)}"
        if not self.expect(self.world.claim(code, value), self.model.claim(code, value)):
            return
        self.expect(self.world.evidence(code), MADE)
        if share:
            one = self.model.claims[code]
            self.expect(self.world.determine(code, value // share), self.model.determine(one, value // share))

    def drawn(self, data: st.DataObject) -> Claimed:
        return data.draw(st.sampled_from(list(self.model.claims.values())))

    def determine(self, data: st.DataObject) -> None:
        share = data.draw(st.sampled_from((1, 2)))
        one = self.drawn(data)
        if one.dispute:
            return
        value = one.value // share
        self.expect(self.world.determine(one.code, value), self.model.determine(one, value))

    def settle(self, data: st.DataObject) -> None:
        every = data.draw(st.booleans())
        one = self.drawn(data)
        settled = one.settled and not every
        asked = {} if every else {"claim": one.code}
        reply = self.world.send("mira", f"{self.world.pact}/settlements", asked)
        answer, owed = (MADE, self.model.settle_all()) if every else self.model.settle(one)
        if self.expect(reply, answer) and not settled:
            self.owe(reply.json()["settlements"], owed)

    def owe(self, settlements: list[Json], owed: list[int]) -> None:
        """Compare payouts with what is owed, and keep those that wait."""
        rows = [row for step in settlements for row in step["payouts"]]
        assert [row["amount"] for row in rows] == [text_of(minor) for minor in owed]
        for row, minor in zip(rows, owed, strict=True):
            waits = self.model.waits(minor)
            assert row["status"] == ("waiting" if waits else "paid")
            if waits:
                waiting = Proposed(id=row["proposal"], maker="mira", minor=minor, payout=row["id"])
                self.model.proposals.append(waiting)

    def dispute(self, data: st.DataObject) -> None:
        by = data.draw(st.sampled_from(INTERESTED))
        one = self.drawn(data)
        if one.dispute:
            return
        code = f"d{self.world.posts}"
        asked = {"code": code, "grounds": "data_error", "statement": "March was counted twice."}
        reply = self.world.send(by, f"{self.world.pact}/claims/{one.code}/disputes", asked)
        if self.expect(reply, self.model.dispute(one, code, by)):
            assert reply.json()["outcome"] == "open"

    def resolve(self, data: st.DataObject) -> None:
        outcome = data.draw(st.sampled_from(("upheld", "overturned", "partly")))
        one = data.draw(st.sampled_from([one for one in self.model.claims.values() if one.open]))
        digest, value = "", one.found
        if outcome != "upheld":
            value = one.found // 2 if outcome == "partly" else 0
            found = self.world.determine(one.code, value if outcome == "partly" else None, "emil")
            self.expect(found, MADE)
            digest = found.json()["sha256"]
        reply = self.world.resolve(one.dispute, outcome, digest)
        self.expect(reply, MADE)
        self.owe(reply.json()["settlements"], self.model.resolve(one, value))

    def waive(self, data: st.DataObject) -> None:
        by = data.draw(st.sampled_from(INTERESTED))
        listed = [one for one in self.model.claims.values() if self.model.state(one) == "provisional"]
        one = data.draw(st.sampled_from(listed))
        reply = self.world.send(by, f"{self.world.pact}/claims/{one.code}/waivers", {})
        self.expect(reply, self.model.waive(one, by, set(INTERESTED)))
        assert reply.json()["state"] == self.model.state(one)

    def time_passes(self, data: st.DataObject) -> None:
        self.world.watch.pass_days(data.draw(st.sampled_from((30, 9, 1, 30))))
        self.model.today = self.world.watch.now.date()

    # ---- at the doors

    def repeat(self, data: st.DataObject) -> None:
        """The same key is answered the same, whatever has happened since; another request is refused."""
        kept = [one for one in self.world.sent if one.status in KEPT]
        one = kept[data.draw(st.integers(0, len(kept) - 1))]
        again = self.world.server.of(one.person, one.way).post(one.path, one.body, one.headers)
        assert (again.status_code, again.content) == (one.status, one.content)
        assert again.headers["Idempotent-Replayed"] == "true"
        other = self.world.server.of(one.person, one.way).post(
            f"{one.path}?dry_run=true", one.body, one.headers
        )
        assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused"), other.text

    def redraft(self, data: st.DataObject) -> None:
        """A draft is replaced by those who have read it last, and by nobody else."""
        path, read = f"{self.world.sketch}/document", self.tags[-1]
        document = DOCUMENT | {"disputes": {"days": data.draw(st.integers(31, 90))}}
        self.expect(self.world.send("mira", path, document, put=True), (428, "precondition.missing"))
        self.expect(self.world.send("mira", path, document, put=True, tag=read), (200, ""))
        self.tags.append(self.world.tag(path))
        stale = data.draw(st.sampled_from(self.tags[:-1]))
        if stale != self.tags[-1]:
            late = self.world.send("mira", path, DOCUMENT, put=True, tag=stale)
            self.expect(late, (412, "precondition.stale"))
        assert self.world.tag(path) == self.tags[-1]

    def intrude(self, data: st.DataObject) -> None:
        """Nobody does what is another's to do."""
        person, path, body, status = data.draw(st.sampled_from(self.intrusions()))
        way = "Key" if person.startswith("key:") else "Bearer"
        reply = self.world.send(person.removeprefix("key:"), path, body, way=way)
        assert reply.status_code == status, (person, path, reply.text)

    def intrusions(self) -> list[tuple[str, str, Json, int]]:
        """Requests that no state makes right."""
        world = self.world
        gift = {"giver": "foundation", "amount": "1.00", "unit": "USD"}
        payment = {"payee": "hub-b", "amount": "1.00", "unit": "USD"}
        listed: list[tuple[str, str, Json, int]] = [
            ("hana", f"{world.fund}/contributions", gift, 403),
            ("fiona", f"{world.fund}/disbursements", payment, 403),
            ("ada", f"{world.fund}/disbursements", payment, 403),
            ("nora", f"{world.fund}/disbursements", payment, 404),
            ("", f"{world.fund}/disbursements", payment, 401),
            ("eva", f"{world.pact}/settlements", {}, 403),
            ("ada", f"{world.pact}/settlements", {}, 403),
            ("mira", f"{world.pact}/claims", {"code": "x"}, 403),
            ("hugo", f"{world.pact}/signatures", {"name": "home", "signature": "00" * 64}, 404),
            ("fiona", f"{world.pact}/signatures", {"name": "lab", "signature": "00" * 64}, 404),
        ]
        for one in self.model.proposals[-2:]:
            path = f"{world.fund}/proposals/{one.id}/approvals"
            listed += [("mira", path, {}, 403), ("key:fiona", path, {}, 403), ("hana", path, {}, 403)]
        for code in list(self.model.claims)[-2:]:
            listed += [("hana", f"{world.pact}/claims/{code}/determinations", {}, 403)]
        return listed

    # ---- what always holds

    @invariant()
    def money_is_conserved(self) -> None:
        model = self.model
        seen = self.world.seen("mira", self.world.fund)
        assert {
            name: seen[name] for name in ("contributions", "disbursed", "balance", "encumbered", "free")
        } == {
            "contributions": text_of(model.received),
            "disbursed": text_of(model.sent + model.paid),
            "balance": text_of(model.balance),
            "encumbered": text_of(model.encumbered),
            "free": text_of(model.free),
        }
        sums = self.world.seen("mira", f"{self.world.book}/trial-balance?limit=1")
        assert sums["balanced"]
        assert {row["difference"] for row in sums["totals"]} <= {"0.00"}

    def teardown(self) -> None:
        if not hasattr(self, "model"):
            return
        world = self.world
        checked = world.server.of("mira").made(f"{world.book}/verifications")
        assert (checked["verified"], checked["findings"]) == (True, [])
        stands = {row["code"]: row["state"] for row in world.every("mira", f"{world.pact}/claims")}
        assert stands == {code: self.model.state(one) for code, one in self.model.claims.items()}
        replayed = world.seen("mira", f"{world.pact}/replay")
        assert replayed["differences"] == []
        self.the_trail_is_whole()

    def the_trail_is_whole(self) -> None:
        """Every write that was taken or refused by a rule is in the audit trail, once."""
        world = self.world
        rows = world.every("ada", f"{world.book}/commands")
        kept = [(row["person"], row["object"], row["status"]) for row in rows]
        sent = [
            (one.person, one.path, one.status)
            for one in world.sent
            if one.status in KEPT and one.person != "nora" and one.path != "/books"
        ]
        for one in sent:
            assert one in kept, one
            kept.remove(one)
        makers = {row["location"]: row["person"] for row in rows if row["operation"] == "proposal.make"}
        checks = [row for row in rows if row["operation"] == "approval.give" and row["status"] == 201]
        assert not [row for row in checks if makers.get(row["location"]) == row["person"]]
        signed = [row for row in rows if row["operation"] == "agreement.sign" and row["status"] == 201]
        assert len({row["person"] for row in signed}) == len({row["party"] for row in signed})


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def server(request: pytest.FixtureRequest, make_database: Callable[[str], str]) -> Iterator[Server]:
    """The doors on one database; on PostgreSQL with row security."""
    engine = open_engine(make_database(request.param))
    yield open_server(engine, row_security=request.param == "postgresql")
    engine.dispose()


def test_lives_over_http_come_to_what_plain_sums_say(server: Server) -> None:
    run_state_machine_as_test(
        lambda: Life(server),  # type: ignore[arg-type]  # a maker does as well
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS,
            phases=PHASES,
            deadline=None,
            derandomize=not LONG,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_a_signed_finding_counts_in_one_book_only(server: Server) -> None:
    first, second = (World(server, "nights") for _ in range(2))
    for world in (first, second):
        world.start(MOST)
        world.claim("c0", 40)
        world.evidence("c0")
    assert first.determine("c0", 40).status_code == 201
    again = second.determine("c0", 40)
    assert (again.status_code, again.json()["code"]) == (409, "claim.determination_replayed"), again.text
    assert second.determine("c0", 41).status_code == 201
