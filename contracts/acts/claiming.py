"""Results are claimed and evidenced. Neither moves anything."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from ...finance.dates import Clock, as_utc, parse_day
from ...finance.errors import (
    AlreadyClaimed,
    ClaimLate,
    EvidenceTampered,
    KeyReused,
    NotAllowed,
    OutsideDomain,
    ResultsInvalid,
)
from ...finance.posting import record_event
from ...finance.records import registry
from ...finance.storage import Session
from ..claims import Claim, ClaimedResult, Evidence, digest_of
from ..funding import member_parties
from ..records import agreements, claims, datasets
from ..records.agreements import StoredAgreement
from ..settling import Decided, observed
from ..terms.document import WHOLE_TERM
from ..terms.observing import lay_out, outside, read_value, write_value
from ..terms.program import Measure, Program
from ..terms.types import Quantity

HEX_DIGITS = 64


def claim(
    session: Session,
    book: str,
    agreement: str,
    results: Iterable[ClaimedResult],
    by: str,
    *,
    key: str,
    clock: Clock,
    dataset: str = "",
) -> Claim:
    """Report results. It moves nothing.

    Parameters
    ----------
    session : Session
        The caller's; nothing is committed.
    book, agreement : str
        Codes.
    results : iterable of ClaimedResult
        What is claimed, for when and whom.
    by : str
        Code of the party that reports it; where a metric says who states it, that one.
    key : str
        Unique in the agreement; the claim's code. The same claim again changes nothing.
    clock : Clock
        When it is recorded; its day says whether it is in time.
    dataset : str
        Code of the imported rows that it sums up; empty without them.

    Raises
    ------
    NotSigned, UnlawfulTransition
        When the agreement is not active.
    ResultsInvalid, TooPrecise
        When metric, period, member or value do not fit the terms, or are not what the rows add up to.
    OutsideDomain
        When a value, or what it would be pooled to, is outside its domain.
    ClaimLate
        When its time is over, or has not come.
    AlreadyClaimed
        When another claim sums up the same rows.
    NotAllowed
        When the party has no part in it, or another one states the metric.
    KeyReused, Missing
        When the key belongs to another claim; when something named is not there.
    """
    stored = agreements.find_locked(session, book, agreement)
    made = Claim(
        agreement=agreement, code=key, results=tuple(sorted(results)), claimed_by=by, dataset=dataset
    )
    known = claims.find_known_claim(session, stored, key)
    if known is not None:
        if known.claim != made:
            raise KeyReused(
                f"The claim {key!r} was made with other content. Choose another key.", key=key, kind="claim"
            )
        return known.claim
    _require_claimable(session, stored, made, as_utc(clock()).date())
    body = {
        "agreement": agreement,
        "claim": key,
        "document": made.claim_bytes().decode(),
        "sha256": made.digest(),
    }
    with session.begin_nested():
        event_id, _ = record_event(session, book, "claim.made", body, key=f"{agreement}#{key}", clock=clock)
        claims.keep_claim(session, stored, made, event_id)
    return made


def _require_claimable(session: Session, stored: StoredAgreement, made: Claim, today: date) -> None:
    """Refuse a claim that the agreement, its terms, its days or what was claimed before do not admit."""
    agreements.require_state(stored, "active")
    registry.find_party_id(session, stored.book_id, made.claimed_by)
    _require_part(stored, made)
    require_fit(stored, made.results)
    _require_time(stored, made.results, today)
    require_pooled(session, stored, made.code, made.results)
    if made.dataset:
        _require_sums(session, stored, made)
        _require_new(session, stored, made.dataset, today)


def _require_part(stored: StoredAgreement, made: Claim) -> None:
    """Refuse a claim by a stranger, and by another than the one who states the metric."""
    document, program = stored.agreement.document, stored.lineage.overlaid.program
    for row in made.results:
        measure = program.metrics.get(row.metric)
        named = measure.by if measure else ""
        stating = document.signatories.get(named, named)
        if stating and stating != made.claimed_by:
            raise NotAllowed(
                f"{row.metric} is stated by {stating}, not by {made.claimed_by}.",
                metric=row.metric,
                party=made.claimed_by,
            )
    having = {*document.signatories.values(), *member_parties(document, program)}
    stated = {program.metrics[row.metric].by for row in made.results if row.metric in program.metrics}
    judging = {*document.verifying.values(), document.resolver}
    if made.claimed_by in judging and {document.signatories.get(one, one) for one in stated} != {
        made.claimed_by
    }:
        raise NotAllowed(
            f"{made.claimed_by} verifies or decides under {stored.agreement.code!r}: it claims only what the "
            "terms let it state. Let a party claim it.",
            party=made.claimed_by,
        )
    members = {document.signatories.get(member, member) for row in made.results for _, member in row.of}
    if made.claimed_by not in having | members:
        raise NotAllowed(
            f"{made.claimed_by} has no part in {stored.agreement.code!r} and cannot claim under it. "
            f"Its parties are {', '.join(sorted(having))}.",
            party=made.claimed_by,
        )


def require_fit(stored: StoredAgreement, results: Sequence[ClaimedResult]) -> None:
    """Refuse results that do not fit the terms of their periods.

    Parameters
    ----------
    stored : StoredAgreement
        The agreement.
    results : sequence of ClaimedResult
        Of one claim.

    Raises
    ------
    ResultsInvalid, TooPrecise
        With every row that names no metric, period or member of the terms, stands twice, or is no value.
    OutsideDomain
        When a value is outside its domain.
    """
    overlaid = stored.lineage.overlaid
    program = overlaid.program
    periods = [name for name, _ in program.periods]
    seen = set()
    if not results:
        raise ResultsInvalid("A claim needs at least one result.", findings=[])
    for at, row in enumerate(results):
        measure = program.metrics.get(row.metric)
        if measure is None:
            raise _misfit(at, f"the terms know no metric {row.metric!r}: {', '.join(program.metrics)}")
        told = _misplaced(program, measure, row)
        if told or row.place in seen:
            raise _misfit(at, told or f"{row.metric} {row.period} stands twice in the claim")
        seen.add(row.place)
        if measure.by_period:
            measure = overlaid.overlays[periods.index(row.period)].metrics.get(row.metric, measure)
        count = read_value(row.metric, measure, row.value)
        if isinstance(measure.type, Quantity) and not measure.low <= count <= measure.high:
            raise outside(row.metric, measure, count, tuple(member for _, member in row.of))


def _misfit(at: int, told: str) -> ResultsInvalid:
    path = f"/results/{at}"
    return ResultsInvalid(f"The claim: {path}: {told}.", findings=[{"path": path, "message": told}])


def _misplaced(program: Program, measure: Measure, row: ClaimedResult) -> str:
    """Say what is wrong with a result's period or members; empty where nothing is."""
    periods = [name for name, _ in program.periods]
    if measure.by_period and row.period not in periods:
        return f"{row.metric} needs a period: {', '.join(periods)}, not {row.period!r}"
    if not measure.by_period and row.period != WHOLE_TERM:
        return f"{row.metric} is not by period: leave {row.period!r} out"
    named = dict(row.of)
    if len(named) != len(row.of) or set(named) != set(measure.dims):
        asked = f"per {', '.join(measure.dims)}" if measure.dims else "per no member"
        return f"{row.metric} is {asked}, not per {', '.join(name for name, _ in row.of) or 'none'}"
    for name, member in named.items():
        if program.sets[name] and member not in program.sets[name]:
            return f"{name} has no member {member!r}; it has {', '.join(program.sets[name][:20])}"
    return ""


def _require_time(stored: StoredAgreement, results: Sequence[ClaimedResult], today: date) -> None:
    program = stored.lineage.overlaid.program
    days = stored.agreement.document.verification.claim_days
    for row in results:
        first, last = span_of(program, row.period)
        on = parse_day(row.on) if row.on else None
        if today < first or (on is not None and on > today):
            raise ClaimLate(
                f"{row.metric} {row.period} begins on {first}{f' and was reached on {on}' if on else ''}; "
                f"it is {today}. It cannot be known yet.",
                metric=row.metric,
                period=row.period,
                from_day=first.isoformat(),
            )
        if on is not None and not first <= on <= last:
            raise ClaimLate(
                f"{row.metric} was reached on {on}, outside {row.period}: {first} to {last}.",
                metric=row.metric,
                period=row.period,
                on=on.isoformat(),
            )
        if days is not None and today > last + timedelta(days=days):
            until = last + timedelta(days=days)
            raise ClaimLate(
                f"{row.metric} {row.period} could be claimed until {until}, {days} days after {last}; it is "
                f"{today}. Nothing can be claimed for it any more.",
                metric=row.metric,
                period=row.period,
                until=until.isoformat(),
                today=today.isoformat(),
            )


def span_of(program: Program, period: str) -> tuple[date, date]:
    """Return the first and the last day of a period, or of the whole term.

    Examples
    --------
    >>> from almoner.contracts.agreement import EXAMPLE, AgreementDocument
    >>> from almoner.contracts.terms.compiled import compile_terms
    >>> [str(day) for day in span_of(compile_terms(AgreementDocument.read(EXAMPLE).terms), "term")]
    ['2027-01-01', '2027-12-31']
    """
    first = program.starts_on
    for name, last in program.periods if period != WHOLE_TERM else ():
        if name == period:
            return first, last
        first = last + timedelta(days=1)
    return program.starts_on, program.ends_on


def require_pooled(
    session: Session, stored: StoredAgreement, code: str, results: tuple[ClaimedResult, ...]
) -> None:
    """Refuse results that, beside all that was decided, would leave a domain or overfill a set.

    Parameters
    ----------
    session : Session
        The caller's.
    stored : StoredAgreement
        The agreement.
    code : str
        Of the claim; an earlier decision on it does not count.
    results : tuple of ClaimedResult
        What it would say.

    Raises
    ------
    OutsideDomain, ResultsInvalid
        With the metric and the figures.
    """
    overlaid = stored.lineage.overlaid
    decided = [
        Decided(claim=one.claim, round=one.round, results=one.results, nothing=one.nothing)
        for one in claims.decisions_in_force(session, stored)
        if one.claim != code
    ]
    rows = observed(overlaid.program, [*decided, Decided(claim=code, round=1, results=results)])
    try:
        lay_out(overlaid.program, rows, in_order=True, overlays=overlaid.overlays)
    except OutsideDomain as error:
        raise OutsideDomain(
            f"With what was found before, {error.message}", **dict(error.figures) | {"claim": code}
        ) from None


def _require_sums(session: Session, stored: StoredAgreement, made: Claim) -> None:
    """Refuse results that are not what their imported rows add up to."""
    rows = datasets.find_dataset(session, stored.id, made.dataset).dataset.results
    metrics = stored.lineage.overlaid.program.metrics
    sums = {row.place: read_value(row.metric, metrics[row.metric], row.value) for row in rows}
    counted = {metric for metric, _, _ in sums}
    wrong = [
        {
            "path": f"/results/{at}",
            "message": f"{row.metric} {' '.join((row.period, *(member for _, member in row.of)))} is claimed "
            f"at {row.value}; the rows say "
            f"{write_value(metrics[row.metric], sums[row.place]) if row.place in sums else 'nothing'}",
        }
        for at, row in enumerate(made.results)
        if row.metric in counted
        and sums.get(row.place) != read_value(row.metric, metrics[row.metric], row.value)
    ]
    if not counted & {row.metric for row in made.results}:
        wrong = [{"path": "/dataset", "message": f"{made.dataset!r} has no rows of what is claimed"}]
    if wrong:
        told = "; ".join(row["message"] for row in wrong[:20])
        raise ResultsInvalid(f"The claim does not sum up the rows {made.dataset!r}: {told}.", findings=wrong)


def _require_new(session: Session, stored: StoredAgreement, dataset: str, today: date) -> None:
    """Refuse a second claim of the same rows, unless the first holds nothing, and nobody can dispute that."""
    void = claims.void_claims(session, stored, today)
    others = [code for code in claims.list_claims_of(session, stored, dataset) if code not in void]
    if others:
        raise AlreadyClaimed(
            f"The rows {dataset!r} were claimed already, by {', '.join(others)}. Each is paid on once.",
            dataset=dataset,
            claims=others,
        )


def attach(  # noqa: PLR0913  # the fields of evidence, each once
    session: Session,
    book: str,
    agreement: str,
    claim_code: str,
    content: bytes | None,
    *,
    method: str,
    description: str,
    clock: Clock,
    sha256: str = "",
    media_type: str = "application/octet-stream",
    held_by: str = "",
) -> Evidence:
    """Put evidence of a claim on record by its digest; the content stays where it is held.

    Parameters
    ----------
    session, book, agreement, clock
        As for ``claim``.
    claim_code : str
        The claim.
    content : bytes or None
        Exact bytes; None where only the digest is known here.
    method, description : str
        How it was gathered; for people.
    sha256 : str
        Digest of the content, needed without it.
    media_type, held_by : str
        What it is, and who keeps it.

    Raises
    ------
    EvidenceTampered
        When content and digest do not fit each other.
    KeyReused, Missing
        When it is on record as something else; when there is no such claim.
    """
    digest = _digest(content, sha256)
    stored = agreements.find_locked(session, book, agreement)
    row = claims.find_claim(session, stored, claim_code)
    evidence = Evidence(
        claim=claim_code,
        sha256=digest,
        media_type=media_type,
        method=method,
        description=description,
        held_by=held_by,
    )
    body = {
        "agreement": agreement,
        "claim": claim_code,
        "description": description,
        "held_by": held_by,
        "media_type": media_type,
        "method": method,
        "sha256": digest,
    }
    with session.begin_nested():
        key = f"{agreement}#{claim_code}#{digest}"
        event_id, new = record_event(session, book, "evidence.attached", body, key=key, clock=clock)
        if new:
            claims.keep_evidence(session, row.id, evidence, event_id)
    return evidence


def _digest(content: bytes | None, sha256: str) -> str:
    digest = sha256.lower() if content is None else digest_of(content)
    if sha256 and digest != sha256.lower():
        raise EvidenceTampered(
            f"The content has the digest {digest}, not {sha256}. It is not the file that was meant.",
            found=digest,
            expected=sha256,
        )
    if len(digest) != HEX_DIGITS or not set(digest) <= set("0123456789abcdef"):
        raise ValueError("evidence needs its content, or its SHA-256 as 64 hexadecimal digits")
    return digest


def check_evidence(session: Session, book: str, agreement: str, claim_code: str, content: bytes) -> Evidence:
    """Find the evidence on record that this content is.

    Parameters
    ----------
    session, book, agreement, claim_code
        As for ``attach``.
    content : bytes
        Exact bytes.

    Raises
    ------
    EvidenceTampered
        When no evidence of the claim has this digest.
    """
    stored = agreements.find_agreement(session, book, agreement)
    claims.find_claim(session, stored, claim_code)
    digest = digest_of(content)
    known = claims.list_evidence(session, stored, claim_code)
    for one in known:
        if one.sha256 == digest:
            return one
    raise EvidenceTampered(
        f"This content has the digest {digest}; on record for {claim_code!r} are "
        f"{', '.join(one.sha256 for one in known) or 'none'}. It was changed, or is another file.",
        found=digest,
        on_record=[one.sha256 for one in known],
    )
