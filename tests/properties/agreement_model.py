"""What an agreement must come to, kept in ordinary rows beside the library: nothing here calls an act.

The model knows the rules in words: who may claim, find, dispute and settle when; what a step makes due (from
the beginning, by ``agreement_arithmetic``); what becomes of each payout. It says of every request whether it
is done or by which name it is refused.
"""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta

from .agreement_arithmetic import Key, LegName, Result, Row, earned, take_step
from .agreement_rows import Books, ClaimRow, Dispute, PayoutRow, Rules
from .agreement_shapes import ENDS, Shape

PENDING_STATES = ("active", "suspended", "measured", "terminated")
SETTLED_STATES = ("active", "measured", "terminated")


@dataclass
class Model:
    """One agreement and its funds."""

    shape: Shape
    rules: Rules
    today: date
    interested: tuple[str, ...]
    maxima: dict[str, int]
    state: str = "draft"
    was: set[str] = field(default_factory=set)
    signed: set[str] = field(default_factory=set)
    claims: dict[str, ClaimRow] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    standing: dict[Key, tuple[int, int]] = field(default_factory=dict)
    payouts: list[PayoutRow] = field(default_factory=list)
    position: int = 0
    amended: int = 0
    books: dict[str, Books] = field(default_factory=dict)
    other: dict[str, int] = field(default_factory=dict)

    # ---- findings

    def decide(self, claim: ClaimRow) -> None:
        """Let a finding count once enough verifiers found the same."""
        found = claim.found.get(1, {})
        for one in found.values():
            if list(found.values()).count(one) >= self.rules.quorum:
                self.count(claim, 1, one, self.today + timedelta(days=self.rules.dispute_days))
                return

    def count(self, claim: ClaimRow, number: int, results: tuple[Result, ...], until: date) -> None:
        claim.round, claim.decided, claim.decided_on, claim.open_until = number, results, self.today, until
        claim.waived = set()
        places = {one[:3] for one in results}
        claim.fallen = {place for place in claim.said if place not in places}
        claim.said |= places

    def final_on(self, claim: ClaimRow) -> date:
        assert claim.decided_on is not None
        assert claim.open_until is not None
        upheld = any(one.round == claim.round and one.outcome == "upheld" for one in claim.disputes)
        at_once = upheld or claim.waived >= set(self.interested)
        return claim.decided_on if at_once else claim.open_until

    def is_payable(self, claim: ClaimRow) -> bool:
        if not claim.round or claim.dispute:
            return False
        return self.rules.provisional or self.final_on(claim) <= self.today

    def pooled(self, code: str, results: Iterable[Result]) -> bool:
        """Whether what is summed up with these results stays within its domain."""
        sums: dict[tuple[str, str], int] = {}
        rows = [one for claim in self.claims.values() if claim.code != code for one in claim.decided]
        for metric, period, _, value in (*rows, *results):
            if self.shape.metric(metric).pool == "sum":
                sums[metric, period] = sums.get((metric, period), 0) + value
        return all(total <= self.shape.metric(name).high for (name, _), total in sums.items())

    def is_late(self, period: str) -> bool:
        days = self.rules.claim_days
        return days is not None and self.today > ENDS[period] + timedelta(days=days)

    # ---- money

    @property
    def legs(self) -> dict[LegName, int]:
        """What stands obligated, leg by leg."""
        sums: dict[LegName, int] = {}
        for payout in self.payouts:
            if payout.status != "void":
                for name, due in payout.legs.items():
                    sums[name] = sums.get(name, 0) + due
        return sums

    @property
    def frozen(self) -> dict[LegName, int]:
        sums: dict[LegName, int] = {}
        for claim in self.claims.values():
            for name, amount in (claim.dispute.frozen if claim.dispute else {}).items():
                sums[name] = sums.get(name, 0) + amount
        return sums

    def paid(self, payer: str) -> int:
        rows = [one for one in self.payouts if one.payer == payer and one.route != "outside"]
        return sum(-one.done if one.back else one.done for one in rows)

    def paid_out(self, payer: str) -> int:
        """What left a payer's encumbrance: paid or kept to be paid, less what a pot gave back."""
        rows = [one for one in self.payouts if one.payer == payer and one.status != "void"]
        given = sum(one.amount for one in rows if not one.back and one.route != "outside")
        return given - sum(one.done for one in rows if one.back and one.route == "pot")

    def waiting(self, payer: str) -> int:
        return sum(one.amount for one in self.payouts if one.payer == payer and one.status == "waiting")

    def kept_back(self, payer: str) -> int:
        open_ones = [claim.dispute for claim in self.claims.values() if claim.dispute]
        return sum(one.kept.get(payer, 0) for one in open_ones)

    def owed_back(self, payer: str) -> int:
        rows = [one for one in self.payouts if one.payer == payer and one.status in {"owed", "part_returned"}]
        return sum(one.amount - one.done for one in rows)

    def spent(self, fund: str) -> int:
        """What has left a fund, less what came back to it."""
        rows = [one for one in self.payouts if one.route == "fund" and self.fund_of(one.payer) == fund]
        return sum(-one.done if one.back else one.done for one in rows)

    def fund_of(self, payer: str) -> str:
        """A pot has the fund of those who feed it."""
        if payer in self.shape.pots:
            return next((self.fund_of(one.payer) for one in self.shape.clauses if one.payee == payer), "")
        return self.shape.funded.get(payer, "")

    # ---- settlement

    def in_force(self, *, adding: ClaimRow | None = None) -> list[tuple[str, Result]]:
        """What was settled, in the order in which it first was, with one more decision.

        What an earlier round had said and the one in force does not counts as nothing, unless something
        stands in for it, or another claim knows it.
        """
        books = dict(self.books)
        if adding is not None:
            books[adding.code] = (adding.decided, adding.fallen)
        return self.rows_in(books)

    def rows_in(self, books: Mapping[str, Books]) -> list[tuple[str, Result]]:
        codes = [*self.order, *(code for code in books if code not in self.order)]
        known = {one[:3] for code in codes for one in books[code][0]}
        rows = []
        for code in codes:
            results, fallen = books[code]
            zeros = [
                (*place, 0)
                for place in sorted(fallen)
                if place not in known and self.shape.metric(place[0]).after_days is None
            ]
            rows += [(code, one) for one in (*results, *zeros)]
        return rows

    def is_lapsed(self, claim: ClaimRow) -> bool:
        """Whether it was not decided when the agreement was terminated."""
        return self.state == "terminated" and not claim.round

    def judged_on(self, taken: ClaimRow | None) -> date:
        """The day on which waiting times are judged: nothing stands in for what is still being decided."""
        days = [self.today]
        for claim in self.claims.values():
            if claim is taken or claim.code in self.order or self.is_lapsed(claim):
                continue
            for metric, period, _, _ in claim.results:
                after = self.shape.metric(metric).after_days
                if after is not None:
                    days.append(ENDS[period] + timedelta(days=after))
        return min(days)

    def rows(self, adding: ClaimRow | None) -> list[Row]:
        found = self.in_force(adding=adding)
        wanted = earned(self.shape, found, self.judged_on(adding))
        return take_step(self.shape, self.legs, self.frozen, wanted)

    def step(self, adding: ClaimRow | None) -> list[Row]:
        """The rows of a step; what it goes against and nothing was done on is given up first."""
        rows = self.rows(adding)
        sums: dict[tuple[str, str, str, str], int] = {}
        for row in rows:
            for (payer, payee), due in row.legs.items():
                place = (row.key[0], row.key[1], payer, payee)
                sums[place] = sums.get(place, 0) + due
        undue = [
            one
            for one in self.payouts
            if not one.kept_for
            and not (one.claim and self.claims[one.claim].dispute)
            and one.status == ("waiting" if sums.get(one.name[1:], 0) < 0 else "owed")
            and sums.get(one.name[1:], 0)
        ]
        for one in undue:
            one.status = "void"
        return self.rows(adding) if undue else rows

    def unsettled(self) -> list[ClaimRow]:
        listed = [one for one in self.claims.values() if self.is_payable(one) and one.settled < one.round]
        return sorted(listed, key=lambda one: (one.decided_on, one.number))

    def settle(self, code: str = "") -> list[int]:
        """Take the steps that are due; returns their places. Of a closed agreement nothing is."""
        if self.state == "closed":
            return []
        made = [self.take(one) for one in self.unsettled() if not code or one.code == code]
        if not code:
            made += [position for position in [self.calendar()] if position]
        return made

    def refusal_of_settling(self, code: str = "") -> str:
        claim = self.claims.get(code)
        if claim is not None and claim.round and claim.settled >= claim.round:
            return ""
        if self.state not in SETTLED_STATES:
            return "UnlawfulTransition" if code or self.state != "closed" else ""
        if claim is None:
            return "Missing" if code else ""
        if claim.round and claim.dispute:
            return "MoneyFrozen"
        return "" if self.is_payable(claim) else "EvidenceMissing"

    def take(self, claim: ClaimRow) -> int:
        """One step because a finding counts."""
        if claim.settled:
            for one in self.payouts:
                if one.claim == claim.code and one.status == "waiting" and not one.kept_for:
                    one.status = "void"
        rows = self.step(claim)
        if claim.code not in self.order:
            self.order.append(claim.code)
        self.books[claim.code], claim.settled = (claim.decided, claim.fallen), claim.round
        return self.book(rows, claim.code)

    def amend(self, after: Shape) -> None:
        """Other terms: what they change is settled at once, or when a suspended agreement goes on."""
        self.shape = after
        if self.state == "suspended":
            return
        self.book(self.step(None), "")

    def calendar(self) -> int:
        rows = self.step(None)
        residuals = self.residuals(rows)
        if not residuals and not any(
            row.due or row.legs or self.standing.get(row.key) != (row.earned, row.entitled) for row in rows
        ):
            return 0
        position = self.book(rows, "")
        for payer, payee, amount in residuals:
            self.owe(position, ("residual:" + payer, "term", payer, payee), amount, "", {})
        return position

    def residuals(self, rows: list[Row]) -> list[tuple[str, str, int]]:
        """What pots hand over, once no claims can come."""
        if self.state == "active":
            return []
        made = []
        entitled = {row.key: row.entitled for row in rows}
        for pot, heir in self.shape.pots.items():
            filled = sum(
                entitled.get((one.id, "term", ()), 0) for one in self.shape.clauses if one.payee == pot
            )
            drawn = sum(
                entitled.get((one.id, "term", ()), 0) for one in self.shape.clauses if one.payer == pot
            )
            given = sum(
                -one.amount if one.back else one.amount
                for one in self.payouts
                if one.clause == f"residual:{pot}"
            )
            if filled - drawn != given:
                made.append((pot, heir, filled - drawn - given))
        return made

    def book(self, rows: list[Row], claim: str) -> int:
        """Write what a step made due: one payout for each clause, period, payer and payee."""
        self.position += 1
        sums: dict[tuple[str, str, str, str], dict[LegName, int]] = {}
        for row in rows:
            self.standing[row.key] = (row.earned, row.entitled)
            for (payer, payee), due in row.legs.items():
                place = (row.key[0], row.key[1], payer, payee)
                sums.setdefault(place, {})[*row.key, payer, payee] = due
        for place, legs in sums.items():
            self.owe(self.position, place, sum(legs.values()), claim, legs)
        return self.position

    def owe(
        self,
        position: int,
        place: tuple[str, str, str, str],
        amount: int,
        claim: str,
        legs: dict[LegName, int],
    ) -> None:
        if not amount:
            return
        clause, period, payer, payee = place
        route = "outside"
        if self.fund_of(payer):
            route = "pot" if payee in self.shape.pots else "fund"
        back = amount < 0
        one = PayoutRow(
            position, clause, period, payer, payee, abs(amount), back, route, claim, "outside", legs=legs
        )
        if route == "pot":
            one.done = min(abs(amount), self.in_pot(payee)) if back else amount
            one.status = "paid" if not back else one.back_status
        elif route == "fund":
            policy = self.rules.approval_from
            one.status = "owed" if back else "paid"
            if not back and policy is not None and amount >= policy:
                one.status = "waiting"
            one.done = amount if one.status == "paid" else 0
        self.payouts.append(one)

    def in_pot(self, pot: str) -> int:
        """What a pot holds, beside what waits."""
        filled = sum(-one.done if one.back else one.done for one in self.payouts if one.payee == pot)
        drawn = sum(
            -one.done if one.back else one.amount
            for one in self.payouts
            if one.payer == pot and one.status != "void"
        )
        return filled - drawn - self.kept_back(pot)

    def refill(self, pot: str) -> None:
        """Give back what a pot owes to those who had paid too much in, as money comes back to it."""
        for one in self.payouts:
            if one.payee == pot and one.back and one.done < one.amount and one.route == "pot":
                one.done += min(one.amount - one.done, self.in_pot(pot))
                one.status = one.back_status

    # ---- disputes

    def worth(self, claim: ClaimRow) -> dict[LegName, int]:
        """What would be paid now on a finding, beyond what is due without it, by leg."""
        if claim.settled >= claim.round:
            return {}
        day = self.judged_on(claim)
        found = [self.in_force(adding=claim), self.in_force()]
        answers = []
        for rows in found:
            step = take_step(self.shape, self.legs, self.frozen, earned(self.shape, rows, day))
            answers.append({(*row.key, *ends): due for row in step for ends, due in row.legs.items()})
        more = {name: due - answers[1].get(name, 0) for name, due in answers[0].items()}
        return {name: due for name, due in more.items() if due > 0 and self.fund_of(name[3])}

    def rests_on(self, claim: ClaimRow, payout: PayoutRow) -> bool:
        """Whether less of a payout would be due without a claim, beyond what the claim's own ones bear."""
        if claim.code not in self.books:
            return False
        results, fallen = self.books[claim.code]
        found = self.rows_in({**self.books, claim.code: ((), fallen | {one[:3] for one in results})})
        wanted = earned(self.shape, found, self.judged_on(claim))
        falls = {
            (*row.key, *ends): -due
            for row in take_step(self.shape, self.legs, self.frozen, wanted)
            for ends, due in row.legs.items()
        }
        for one in self.payouts:
            if one.claim == claim.code and one.status != "void":
                falls = {name: fall - one.legs.get(name, 0) for name, fall in falls.items()}
        return any(due > 0 and falls.get(name, 0) > 0 for name, due in payout.legs.items())

    def dispute_refused(self, claim: ClaimRow, by: str, grounds: str) -> bool:
        """Whether a dispute comes too late, a second time, or from somebody who gave up the right."""
        if not claim.round or any(one.round == claim.round for one in claim.disputes):
            return True
        assert claim.decided_on is not None
        late = grounds in {"fraud", "conflict_of_interest"}
        if late and self.today < claim.decided_on + timedelta(days=self.rules.late_days):
            return False
        return self.today >= self.final_on(claim) or by in claim.waived

    def dispute(self, claim: ClaimRow, code: str, held: Mapping[str, int]) -> None:
        """Keep back what it would pay, as far as it is set aside."""
        worth = self.worth(claim)
        kept: dict[str, int] = {}
        for name, amount in worth.items():
            kept[name[3]] = kept.get(name[3], 0) + amount
        kept = {payer: min(amount, held.get(payer, 0)) for payer, amount in kept.items()}
        legs = {name: amount for name, amount in worth.items() if kept[name[3]]}
        late = claim.settled >= claim.round and self.final_on(claim) <= self.today
        for one in self.payouts:
            if one.status != "waiting" or one.kept_for:
                continue
            if one.claim == claim.code or self.rests_on(claim, one):
                one.kept_for = code
        claim.dispute = Dispute(code, claim.code, claim.round, legs, kept, late=late)
        claim.disputes.append(claim.dispute)

    def resolve(self, claim: ClaimRow, outcome: str, instead: tuple[Result, ...] = ()) -> None:
        assert claim.dispute is not None
        claim.dispute.outcome = outcome
        for one in self.payouts:
            if one.kept_for == claim.dispute.code:
                one.kept_for = ""
        claim.dispute = None
        if outcome != "upheld":
            self.count(claim, claim.round + 1, instead, self.today)
        if self.is_payable(claim) and claim.settled < claim.round:
            self.take(claim)

    # ---- ends

    def is_undecided(self) -> bool:
        return any(not one.round for one in self.claims.values())

    def is_disputed(self) -> bool:
        return any(one.dispute for one in self.claims.values())

    def is_reopened(self) -> bool:
        """Whether something is in dispute for which nothing was kept any more."""
        return any(one.dispute and one.dispute.late for one in self.claims.values())

    def closes(self) -> bool:
        """Whether nothing is left to be decided, disputed, paid or returned."""
        if self.state not in {"measured", "terminated"}:
            return False
        for one in self.claims.values():
            if not one.round:
                if self.state == "terminated":
                    continue
                return False
            if one.dispute or one.settled < one.round or self.final_on(one) > self.today:
                return False
        if any(
            one.route == "fund" and one.status in {"waiting", "owed", "part_returned"} for one in self.payouts
        ):
            return False
        return not deepcopy(self).calendar()

    # ---- what can still come

    def is_open_place(self, metric: str, period: str) -> bool:
        if any(
            (metric, period) == one[:2]
            for claim in self.claims.values()
            if not (claim.round and self.is_payable(claim) and claim.settled >= claim.round)
            and (claim.round or self.state != "terminated")
            for one in claim.results
        ):
            return True
        return self.state in {"active", "suspended"} and not self.is_late(period)

    def futures(self) -> list[list[tuple[str, Result]]]:
        """Findings with which everything could end: all open places high, all low, each alone high."""
        known = [(code, one) for code, claim in self.claims.items() if claim.round for one in claim.decided]
        places = [
            (metric.name, period, members)
            for metric in self.shape.metrics
            for period in metric.periods
            for members in ([(one,) for one in metric.members] or [()])  # type: ignore[list-item]  # one member, or none
            if self.is_open_place(metric.name, period)
        ]
        choices = [set(places), set()] + [{one} for one in places[:6]]
        return [
            known + [("future", (*place, self.future_value(place, known, place in high))) for place in places]
            for high in choices
        ]

    def future_value(
        self,
        place: tuple[str, str, tuple[str, ...]],
        known: list[tuple[str, Result]],
        high: bool,  # noqa: FBT001  # one of two ends
    ) -> int:
        metric = self.shape.metric(place[0])
        if not high:
            return metric.low
        if metric.pool == "last":
            return metric.high
        return metric.high - sum(one[3] for _, one in known if one[:2] == place[:2])

    def most_due(self) -> dict[str, int]:
        """The most that each payer could still have to pay in these futures."""
        worst: dict[str, int] = {}
        for found in self.futures():
            rows = take_step(self.shape, self.legs, {}, earned(self.shape, found, None))
            sums: dict[str, int] = {}
            for row in rows:
                for (payer, _), due in row.legs.items():
                    sums[payer] = sums.get(payer, 0) + due
            for payer, due in sums.items():
                worst[payer] = max(worst.get(payer, 0), due)
        return worst
