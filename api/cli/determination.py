"""``almoner determination …``: drafted from a claim, signed offline with a key file, submitted, exported."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from ...contracts import credentials
from ...contracts.acts import determining, rounds
from ...contracts.determinations import Determination
from ...contracts.envelopes import envelope, read_determination, read_envelope
from ...contracts.records import agreements, claims, determinations
from ...finance.dates import system_clock
from ...finance.errors import DocumentInvalid, Missing
from ...finance.records import registry
from ...finance.signatures import public_key, sign_bytes
from ...finance.storage import Session
from .findings import estimated, found_as, only_evidence
from .results import FORM, read_results
from .settlements import finding_words, found_words
from .show import DEFAULT_BOOK, DEFAULT_DB, AsJson, Book, Database, print_json, progress
from .writing import (
    AgreementCode,
    ClaimCode,
    DryRun,
    KeyFile,
    Out,
    read_bytes,
    read_secret,
    reading,
    show_document,
    write_bytes,
    writing,
)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Determinations: drafted, signed, submitted, exported."
)
Verifier = Annotated[str, typer.Option("--as", metavar="PARTY", help="Code of the party that verifies.")]
Method = Annotated[str, typer.Option("--method", help="Name and version of the method, or how it was found.")]
Values = Annotated[
    list[str], typer.Option("--result", metavar="RESULT", help=f"Found, not as claimed: {FORM}; repeated.")
]
Estimates = Annotated[
    list[str],
    typer.Option("--estimate", metavar="METRIC[@PERIOD]=FILE", help="What 'almoner evaluate --json' gave."),
]
Statistic = Annotated[
    str, typer.Option("--statistic", help="What of an estimate is paid on: estimate, low, high.")
]
Nothing = Annotated[bool, typer.Option("--nothing", help="Nothing of the claim holds.")]
Round = Annotated[
    int, typer.Option("--round", min=0, help="1, or more after a dispute; 0 for the current one.")
]
Evidence = Annotated[str, typer.Option("--evidence", metavar="SHA256", help="Where a claim has several.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="Determination to sign; - for standard input.")]
Envelope = Annotated[Path, typer.Argument(metavar="FILE", help="Signed determination; - for standard input.")]
Credential = Annotated[Path, typer.Argument(metavar="FILE", help="Credential (JSON); - for standard input.")]
SecretFile = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="The verifier's secret key.")]
PublicKey = Annotated[
    str, typer.Option("--public-key", metavar="HEX", help="The verifier's: 64 hexadecimal digits.")
]
Found = Annotated[
    str, typer.Option("--sha256", help="Digest of the determination, where a claim has several.")
]
NONE: list[str] = []
KEY_BYTES = 32


@app.command()
def draft(  # noqa: PLR0913  # one option each
    code: AgreementCode,
    claim: ClaimCode,
    verifier: Verifier,
    method: Method = "",
    result: Values = NONE,
    estimate: Estimates = NONE,
    statistic: Statistic = "estimate",
    *,
    nothing: Nothing = False,
    number: Round = 0,
    evidence: Evidence = "",
    out: Out = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    as_json: AsJson = False,
) -> None:
    """Write what is to be signed. Example: almoner determination draft pact c1 --as lab --out d.json.

    Without --result and --estimate it finds what was claimed. Nothing is written to the database.
    """
    with reading(db) as session:
        stored = agreements.find_agreement(session, book, code)
        claimed = claims.find_claim(session, stored, claim).claim
        proof = only_evidence(claims.list_evidence(session, stored, claim), claim, evidence)
        current = rounds.rounds_of(session, stored, claim).current
    program = stored.lineage.overlaid.program
    findings = () if nothing else found_as(claimed.results, read_results(result, None, ""), method)
    if estimate:
        findings = estimated(findings, estimate, statistic, program)
    made = Determination(
        agreement=code,
        claim=claim,
        claim_sha256=claimed.digest(),
        round=number or current,
        verifier=verifier,
        findings=findings,
        evidence_sha256=proof,
        made_on=system_clock().date().isoformat(),
    )
    if out is not None:
        write_bytes(out, made.payload())
        progress(f"Read it, then: almoner determination sign {out} --key FILE --out {out}.dsse")
    if as_json:
        print_json(json.loads(made.payload()))
    elif out is None:
        print(made.payload().decode())


@app.command()
def sign(file: File, key: KeyFile, out: Out = None, *, as_json: AsJson = False) -> None:
    """Sign, offline. Example: almoner determination sign d.json --key F --out d.dsse.json.

    It needs no database, so that the key never leaves the verifier's own machine.
    """
    made, secret = read_determination(read_bytes(file)), read_secret(key)
    signed = replace(made, signature=sign_bytes(secret, made.signing_bytes()))
    content = envelope(signed, public_key(secret))
    if out is not None:
        write_bytes(out, content + b"\n")
    if as_json:
        print_json(json.loads(content))
    elif out is None:
        print(content.decode())


@app.command()
def submit(
    file: Envelope,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Hand in a signed determination. Example: almoner determination submit d.dsse.json."""
    made = read_envelope(read_bytes(file))
    with writing(db, dry_run=dry_run) as session:
        determining.determine(session, book, made, clock=system_clock)
        status = rounds.claim_status(session, book, made.agreement, made.claim, clock=system_clock)
    until = f" until {status.final_on}" if status.state == "provisional" else ""
    lines = [f"{made.verifier} found on {made.claim} of {made.agreement}, round {made.round}:"]
    lines += [f"- {words}" for words in _words(made)]
    lines.append(f"The claim is {status.state.replace('_', ' ')}{until}; {found_words(status)}.")
    document = _document(made) | {
        "state": status.state,
        "final_on": status.final_on.isoformat() if status.final_on else None,
    }
    show_document(document, as_json=as_json, dry_run=dry_run, lines=lines)


@app.command()
def show(
    code: AgreementCode,
    claim: ClaimCode,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what verifiers found on a claim, all rounds. Example: almoner determination show pact c1."""
    with reading(db) as session:
        found = _list(session, book, code, claim)
    if as_json:
        print_json([_document(one) for one in found])
        return
    for one in found:
        print(f"{one.verifier} on {one.made_on}, round {one.round}, sha256 {one.digest()}")
        for words in _words(one):
            print(f"- {words}")
    if not found:
        print(f"Nobody has found anything on {claim} yet.")


@app.command()
def export(
    code: AgreementCode,
    claim: ClaimCode,
    sha256: Found = "",
    key: SecretFile = None,
    out: Out = None,
    db: Database = DEFAULT_DB,
    book: Book = DEFAULT_BOOK,
    *,
    credential: Annotated[
        bool, typer.Option("--credential", help="As W3C Verifiable Credential 2.0, not as DSSE envelope.")
    ] = False,
    as_json: AsJson = False,  # noqa: ARG001  # it is JSON either way
) -> None:
    """Export what was found. Example: almoner determination export pact c1 --credential --out vc.json.

    A credential is secured with the verifier's key; without one it is written unsecured.
    """
    with reading(db) as session:
        made = _one(_list(session, book, code, claim), claim, sha256)
        party = registry.find_party(session, registry.find_book_id(session, book), made.verifier)
    if party.public_key is None:
        raise DocumentInvalid(f"{party.code} has no registered key: nothing is exported in its name.")
    document: dict[str, Any] = json.loads(envelope(made, party.public_key))
    if credential:
        document = credentials.credential(made, party)
        if key is not None:
            document = credentials.secure(
                document, _own(read_secret(key), party.public_key), created=system_clock()
            )
    if out is not None:
        write_bytes(out, (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode())
    else:
        print_json(document)


@app.command()
def verify(file: Credential, key: PublicKey, *, as_json: AsJson = False) -> None:
    """Check a credential's proof, offline. Example: almoner determination verify vc.json --public-key HEX."""
    try:
        public = bytes.fromhex(key)
    except ValueError:
        public = b""
    if len(public) != KEY_BYTES:
        raise DocumentInvalid("A public key has 64 hexadecimal digits.")
    credentials.verify_credential(read_bytes(file), public)
    if as_json:
        print_json({"file": str(file), "verified": True})
    else:
        print(f"{file}: the proof fits the content and the key.")


def _own(secret: bytes, registered: bytes) -> bytes:
    """Refuse to secure a credential with a key that is not its issuer's."""
    if public_key(secret) != registered:
        raise DocumentInvalid(
            "This key is not the one that the verifier registered: nothing is secured with it."
        )
    return secret


def _list(session: Session, book: str, code: str, claim: str) -> tuple[Determination, ...]:
    stored = agreements.find_agreement(session, book, code)
    claims.find_claim(session, stored, claim)
    return determinations.list_determinations(session, stored, claim)


def _one(found: tuple[Determination, ...], claim: str, sha256: str) -> Determination:
    chosen = [one for one in found if sha256 in {"", one.digest()}]
    if len(chosen) != 1:
        known = ", ".join(f"{one.digest()} by {one.verifier}" for one in found) or "none"
        raise Missing(f"Name one determination of {claim} with --sha256. There are: {known}.", code=claim)
    return chosen[0]


def _words(made: Determination) -> list[str]:
    return [finding_words(one.row()) for one in made.findings] or ["nothing of the claim holds"]


def _document(made: Determination) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(made.payload())
    return said | {"sha256": made.digest(), "signature": made.signature.hex()}
