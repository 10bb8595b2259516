"""A book with funds, givers and parties that sign, and one agreement in it: requests put to the library.

Every request is put, put again under the same key, and held against what the model says of it: done or
refused by name, and nothing written by what is refused or repeated.
"""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from almoner import Money
from almoner.contracts.acts import agreeing, amending, claiming, determining, disputing, ending
from almoner.contracts.acts.recovering import carry_out, take_back
from almoner.contracts.acts.settling import settle
from almoner.contracts.acts.showing import list_payouts
from almoner.contracts.agreement import AgreementDocument, consent_bytes
from almoner.contracts.amendments import amendment_bytes
from almoner.contracts.claims import digest_of
from almoner.contracts.determinations import Determination, Finding
from almoner.contracts.disputes import Resolution, ResolutionOutcome
from almoner.contracts.records import agreements
from almoner.contracts.records.claims import find_claim
from almoner.contracts.settlement import Payout
from almoner.finance import acts as finance
from almoner.finance.accounts import Promise
from almoner.finance.dates import Clock
from almoner.finance.errors import AlmonerError, Underfunded
from almoner.finance.funds import PooledFund
from almoner.finance.signatures import sign_bytes
from almoner.finance.storage import Session

from .agreement_arithmetic import Result
from .agreement_book import (
    GIVERS,
    RESOLVER,
    SHORT,
    STAFF,
    USD,
    amendment_of,
    cents,
    clock_of,
    comparable,
    counts,
    evidence_of,
    maxima_of,
    results_of,
    secret_of,
)
from .agreement_model import Model
from .agreement_rows import ClaimRow, PayoutRow


@dataclass
class World:
    """The library's side: a session, funds, an agreement, and the model beside it."""

    session: Session
    funds: dict[str, PooledFund]
    model: Model
    document: AgreementDocument
    code: str = "pact"
    trail: int = 0
    highest: dict[str, int] = field(default_factory=dict)

    @property
    def clock(self) -> Clock:
        return clock_of(self.model.today)

    # ---- putting requests

    def ask(self, act: Callable[[], object], refusal: str = "") -> object:
        """Put a request twice; expect it done, or refused by this name with nothing written."""
        if refusal:
            return self.refuse(act, refusal)
        done = act()
        before = counts(self.session)
        again = act()
        after = counts(self.session)
        grown = {name: size - before[name] for name, size in after.items() if size != before[name]}
        assert not grown, f"the same request again has written {grown}"
        assert comparable(again) == comparable(done), (done, again)
        return done

    def refuse(self, act: Callable[[], object], *names: str) -> AlmonerError:
        before = counts(self.session)
        with pytest.raises(AlmonerError) as caught:
            act()
        refusal = caught.value
        assert type(refusal).__name__ in names, (names, type(refusal).__name__, str(refusal))
        after = counts(self.session)
        grown = {name: size - before[name] for name, size in after.items() if size != before[name]}
        assert not grown, f"refused with {refusal!r}, and yet it has written {grown}"
        return refusal

    # ---- the life of an agreement

    def draft(self) -> None:
        self.ask(lambda: agreeing.draft(self.session, "main", self.code, self.document, clock=self.clock))
        self.model.state = "draft"

    def propose(self) -> None:
        made = self.ask(lambda: agreeing.propose(self.session, "main", self.code, clock=self.clock))
        assert {one.payer: one.maximum.minor for one in made.sources} == self.model.maxima  # type: ignore[attr-defined]  # an Agreement
        self.model.state = "proposed"

    def signatures(self, *names: str) -> dict[str, bytes]:
        agreement = agreements.find_agreement(self.session, "main", self.code).agreement
        content = agreement.signing_bytes()
        return {name: sign_bytes(secret_of(agreement.party_of(name)), content) for name in names}

    def sign(self, *names: str, refusal: str = "") -> None:
        signatures = self.signatures(*names)
        self.ask(
            lambda: agreeing.sign(self.session, "main", self.code, signatures, clock=self.clock), refusal
        )
        if not refusal:
            self.model.signed |= set(names)
            if self.model.signed >= set(self.document.signatories):
                self.model.state = "active"

    def consent(self, act: str, **more: str) -> dict[str, bytes]:
        content = consent_bytes(self.code, act, **more)
        return {name: sign_bytes(secret_of(code), content) for name, code in self.document.interested.items()}

    # ---- claims and findings

    def claim(self, code: str, rows: tuple[Result, ...], refusal: str = "") -> None:
        results = results_of(self.model.shape, rows)
        self.ask(
            lambda: claiming.claim(
                self.session, "main", self.code, results, "night-shelter", key=code, clock=self.clock
            ),
            refusal,
        )
        if refusal:
            return
        self.model.claims[code] = ClaimRow(code, len(self.model.claims), rows)
        self.ask(
            lambda: claiming.attach(
                self.session, "main", self.code, code, evidence_of(code), method="register",
                description="Copy of the register", clock=self.clock, media_type="text/csv",
            )
        )  # fmt: skip

    def finding(
        self, claim: str, rows: tuple[Result, ...], verifier: str, round_: int = 1, **changes: object
    ) -> Determination:
        """What a verifier signs about a claim."""
        stored = agreements.find_agreement(self.session, "main", self.code)
        made = Determination(
            agreement=self.code,
            claim=claim,
            claim_sha256=find_claim(self.session, stored, claim).claim.digest(),
            round=round_,
            verifier=verifier,
            findings=tuple(
                Finding(result=one, method="recount") for one in results_of(self.model.shape, rows)
            ),
            evidence_sha256=digest_of(evidence_of(claim)),
            made_on=self.model.today.isoformat(),
        )
        made = replace(made, **changes)  # type: ignore[arg-type]  # one field replaced
        return replace(made, signature=sign_bytes(secret_of(verifier), made.signing_bytes()))

    def determine(self, made: Determination, refusal: str = "") -> None:
        self.ask(lambda: determining.determine(self.session, "main", made, clock=self.clock), refusal)

    def find_wrongly(self, claim: ClaimRow, made: Determination, fault: str) -> None:
        """Present a finding with one fault; each is refused by its own name."""
        model = self.model
        rows = claim.results
        lab = made.verifier
        if fault == "unsigned":
            self.determine(replace(made, signature=b""), "SignatureInvalid")
            flipped = bytes([made.signature[0] ^ 1]) + made.signature[1:]
            self.determine(replace(made, signature=flipped), "SignatureInvalid")
        elif fault == "other":
            self.determine(self.finding(claim.code, rows, lab, claim_sha256="0" * 64), "DeterminationForeign")
        elif fault == "round":
            self.determine(self.finding(claim.code, rows, lab, 2), "DeterminationForeign")
        elif fault in {"early", "late"}:
            self.find_out_of_time(claim, lab, fault)
        elif fault == "content":
            metric, period, members, value = rows[0]
            low = model.shape.metric(metric).low
            other = (metric, period, members, value - 1 if value > low else value + 1)
            content = self.finding(claim.code, (other, *rows[1:]), lab)
            self.determine(replace(content, signature=made.signature), "SignatureInvalid")
        elif fault == "party":
            self.determine(self.finding(claim.code, rows, "night-shelter"), "NotIndependent")
        elif fault == "stranger":
            self.determine(self.finding(claim.code, rows, "stranger"), "DeterminationForeign")
        elif fault == "evidence" and model.pooled(claim.code, rows):
            digest = digest_of(b"another register")
            self.determine(self.finding(claim.code, rows, lab, evidence_sha256=digest), "EvidenceMissing")
        elif fault == "domain":
            metric, period, members, _ = rows[0]
            high = model.shape.metric(metric).high
            above = ((metric, period, members, high + 1), *rows[1:])
            self.determine(self.finding(claim.code, above, lab), "OutsideDomain")

    def find_out_of_time(self, claim: ClaimRow, lab: str, fault: str) -> None:
        """Date a finding tomorrow, or longer ago than findings count."""
        days = self.model.rules.valid_days
        if fault == "late" and days is None:
            return
        day = self.model.today + timedelta(days=1 if fault == "early" else -(days or 0) - 1)
        made = self.finding(claim.code, claim.results, lab, made_on=day.isoformat())
        self.determine(made, "DeterminationExpired")

    # ---- money

    def give(self, fund: str, minor: int) -> None:
        if minor:
            self.trail += 1
            amount = Money(minor=minor, unit=USD)
            key = f"gift{self.trail}"
            finance.contribute(self.session, self.funds[fund], GIVERS[0], amount, key=key, clock=self.clock)
            self.model.other[fund] = self.model.other.get(fund, 0) + minor

    def spend(self, fund: str, minor: int) -> None:
        self.trail += 1
        amount, key = Money(minor=minor, unit=USD), f"else{self.trail}"
        if self.model.rules.approval_from is None:
            finance.spend(
                self.session, self.funds[fund], "stranger", amount, line="transfer", key=key, clock=self.clock
            )
            self.model.other[fund] = self.model.other.get(fund, 0) - minor

    def is_short(self, probe: Model) -> bool:
        """Whether what a step pays is more than is kept for it; it may be owed back, or closed before."""
        stored = agreements.find_agreement(self.session, "main", self.code)
        for source in stored.agreement.sources:
            payer, model = source.payer, self.model
            if payer in model.shape.pots:
                continue
            promise = Promise("agreement", source.promise)
            there = finance.promised(self.session, self.funds[source.fund], promise).minor
            there += model.kept_back(payer) - probe.kept_back(payer)
            more = probe.paid_out(payer) - model.paid_out(payer)
            if more > there:
                return True
        return False

    def settle(self, claim: str = "") -> None:
        refusal = self.model.refusal_of_settling(claim)
        maker = STAFF[0] if self.model.rules.approval_from is not None else ""
        if not refusal:
            probe = deepcopy(self.model)
            probe.settle(claim)
            if self.is_short(probe):
                payers = self.model.maxima
                missing = any(probe.owed_back(one) or self.model.kept_back(one) for one in payers)
                assert missing, "money is missing that nobody owes back and no dispute keeps back"
                self.refuse(
                    lambda: settle(self.session, "main", self.code, claim, clock=self.clock, maker=maker),
                    *SHORT,
                )
                return
        if refusal or claim:
            self.ask(
                lambda: settle(self.session, "main", self.code, claim, clock=self.clock, maker=maker), refusal
            )
        else:
            self._settle_all(maker)
        if not refusal:
            self.model.settle(claim)

    def _settle_all(self, maker: str) -> None:
        """Settle everything; again, nothing is left to settle."""
        settle(self.session, "main", self.code, clock=self.clock, maker=maker)
        before = counts(self.session)
        assert settle(self.session, "main", self.code, clock=self.clock, maker=maker) == ()
        assert counts(self.session) == before

    def payout(self, one: PayoutRow) -> Payout:
        rows = list_payouts(self.session, "main", self.code)
        return next(
            row for row in rows if (row.position, row.clause, row.period, row.payer, row.payee) == one.name
        )

    def approve(self, one: PayoutRow) -> None:
        found = self.payout(one)
        assert found.proposal is not None
        shown = finance.find_proposal(self.session, "main", found.proposal, clock=self.clock)
        signature = sign_bytes(secret_of(STAFF[1]), shown.signing_bytes())
        finance.approve(
            self.session, "main", found.proposal, approver=STAFF[1], key=f"ok#{found.id}",
            clock=self.clock, signature=signature,
        )  # fmt: skip

    def carry_out(self, one: PayoutRow, refusal: str = "") -> None:
        found = self.payout(one)
        self.ask(lambda: carry_out(self.session, "main", self.code, found.id, clock=self.clock), refusal)
        if not refusal:
            one.status, one.done = "paid", one.amount

    def take_back(self, one: PayoutRow, minor: int, refusal: str = "") -> None:
        found = self.payout(one)
        self.trail += 1
        key = f"back{self.trail}"
        amount = Money(minor=minor, unit=USD)
        self.ask(
            lambda: take_back(self.session, "main", self.code, found.id, amount, key=key, clock=self.clock),
            refusal,
        )
        if not refusal:
            one.done += minor
            one.status = one.back_status
            if one.payer in self.model.shape.pots:
                self.model.refill(one.payer)

    # ---- disputes

    def held(self) -> dict[str, int]:
        """What is set aside for each payer, beside what is frozen or waits."""
        stored = agreements.find_agreement(self.session, "main", self.code)
        return {
            one.payer: finance.promised(
                self.session, self.funds[one.fund], Promise("agreement", one.promise)
            ).minor
            for one in stored.agreement.sources
        }

    def dispute(self, claim: ClaimRow, by: str, grounds: str, refusal: str = "") -> None:
        self.trail += 1
        code = f"d{self.trail}"
        held = self.held()
        self.ask(
            lambda: disputing.dispute(
                self.session, "main", self.code, claim.code, by=by, grounds=grounds,  # type: ignore[arg-type]  # drawn
                statement="It is not so", key=code, clock=self.clock,
            ),
            refusal,
        )  # fmt: skip
        if not refusal:
            self.model.dispute(claim, code, held)

    def resolve(
        self,
        claim: ClaimRow,
        outcome: ResolutionOutcome,
        made: Determination | None,
        *refusals: str,
        dispute: str = "",
    ) -> None:
        maker = STAFF[0] if self.model.rules.approval_from is not None else ""
        code = dispute or (claim.dispute.code if claim.dispute else "")
        ended = Resolution(
            agreement=self.code, dispute=code, outcome=outcome, resolver=RESOLVER, reason="Heard",
            determination_sha256=made.digest() if made else "",
        )  # fmt: skip
        ended = replace(ended, signature=sign_bytes(secret_of(RESOLVER), ended.signing_bytes()))

        def act() -> object:
            return disputing.resolve(
                self.session, "main", self.code, ended, made, clock=self.clock, maker=maker
            )

        if refusals:
            self.refuse(act, *refusals)
        else:
            self.ask(act)

    def waive(self, claim: ClaimRow, name: str, refusal: str = "") -> None:
        self.ask(
            lambda: disputing.waive(
                self.session, "main", self.code, claim.code, name, key=f"w#{claim.code}#{claim.round}#{name}",
                clock=self.clock,
            ),
            refusal,
        )  # fmt: skip
        if not refusal:
            claim.waived.add(name)

    # ---- amendments and ends

    def amend(self, at: int, most: int, by: str) -> None:
        """Put another maximum; what the fund has not free for it is refused with the figures."""
        amendment, after = amendment_of(self.model.shape, at, most)
        self.trail += 1
        key = f"a{self.trail}"
        maker = STAFF[0] if self.model.rules.approval_from is not None else ""
        content = amendment_bytes(self.code, key, amendment)
        codes = self.document.interested
        signed = {name: sign_bytes(secret_of(code), content) for name, code in codes.items()}
        self.ask(
            lambda: amending.propose_amendment(
                self.session, "main", self.code, amendment, by=by, signature=signed[by], key=key,
                clock=self.clock,
            )
        )  # fmt: skip
        self.refuse(lambda: self._approve(key, {by: signed[by]}, maker), "SamePerson")
        others = {name: one for name, one in signed.items() if name != by}
        free = {code: finance.position(self.session, fund).free.minor for code, fund in self.funds.items()}
        before = counts(self.session)
        try:
            self._approve(key, others, maker)
        except Underfunded as refusal:
            assert counts(self.session) == before
            payer = str(refusal.figures["payer"])
            require_more(cents(str(refusal.figures["extra"])), free[self.model.shape.funded[payer]])
            return
        self.ask(lambda: self._approve(key, others, maker))
        self.model.amend(after)
        stored = agreements.find_agreement(self.session, "main", self.code)
        proven = maxima_of(after)
        for source in stored.agreement.sources:
            old, new = self.model.maxima[source.payer], source.maximum.minor
            assert proven[source.payer] <= new, (source, proven)
            self.model.maxima[source.payer] = new
            assert new <= max(old, proven[source.payer]), (source, old, proven)

    def _approve(self, key: str, signatures: dict[str, bytes], maker: str) -> object:
        return amending.approve_amendment(
            self.session, "main", self.code, key, signatures, clock=self.clock, maker=maker
        )

    def stop(self, act: str, refusal: str = "") -> None:
        """Suspend or resume."""
        self.trail += 1
        key = f"s{self.trail}"
        signed = self.consent(act, key=key, reason="Because")
        verb = ending.suspend if act == "suspend" else ending.resume
        self.ask(
            lambda: verb(
                self.session, "main", self.code, signed, reason="Because", key=key, clock=self.clock
            ),
            refusal,
        )
        if not refusal:
            self.model.state = "suspended" if act == "suspend" else "active"

    def measure(self, refusal: str = "") -> None:
        signed = self.consent("measure")
        self.ask(
            lambda: ending.measure(
                self.session, "main", self.code, by="city", clock=self.clock, signatures=signed
            ),
            refusal,
        )
        if not refusal:
            self.model.state = "measured"
            self.model.was.add("measured")

    def terminate(self, refusal: str = "") -> None:
        on = self.model.today
        signed = self.consent("terminate", reason="Because", on=on.isoformat())
        self.ask(
            lambda: ending.terminate(
                self.session, "main", self.code, signed, on=on, reason="Because", clock=self.clock
            ),
            refusal,
        )
        if not refusal:
            self.model.state = "terminated"
            self.model.was.add("terminated")

    def close(self) -> None:
        refusal = "" if self.model.closes() else "UnlawfulTransition"
        self.ask(lambda: ending.close(self.session, "main", self.code, clock=self.clock), refusal)
        if refusal:
            return
        self.model.state = "closed"
        stored = agreements.find_agreement(self.session, "main", self.code)
        for source in stored.agreement.sources:
            promise = Promise("agreement", source.promise)
            assert not finance.promised(self.session, self.funds[source.fund], promise)


def require_more(extra: int, free: int) -> None:
    """What is refused for want of money is more than is free."""
    assert extra > free
