"""Raw access to a database, past the library: what an attacker, or a program with a fault, would write."""

import hashlib
import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, insert, select, text
from tests.finance.challenge_rows import write_challenge
from tests.finance.door_rows import write_door

from almoner import currency, money
from almoner.finance import acts
from almoner.finance.accounts import Promise
from almoner.finance.dates import Clock, fixed_clock
from almoner.finance.documents import canonical_bytes
from almoner.finance.earmarks import Earmark
from almoner.finance.funds import PooledFund
from almoner.finance.in_kind import Valuation, in_kind_unit
from almoner.finance.log import Checkpoint
from almoner.finance.parties import Party
from almoner.finance.records.tables import EVENT, FUND, LEAF, TXN
from almoner.finance.storage import Engine, Session, open_engine

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
CLOCK = fixed_clock(NOW)
SAID = b'{"kind":"attack","recorded_at":"2026-01-15T09:30:00.000000Z"}'  # by an event of our own hand
Cell = Any  # what a column of a reflected table holds


@dataclass
class Raw:
    """A database without the library's help: rows by hand, transactions from a compact description.

    A leg reads ``Dr|Cr [E|P] PATH[@EARMARK][:UNIT] MINOR LINE [CONTRIBUTION=MINOR ...]``; a path
    that starts with ``BOOK!`` is another book's.
    """

    engine: Engine
    tables: MetaData = field(default_factory=MetaData)

    def __post_init__(self) -> None:
        self.tables.reflect(self.engine)

    def plain(self, value: object) -> object:
        """Turn a value into what this database's raw column takes."""
        if self.engine.dialect.name == "postgresql":
            return value
        if isinstance(value, uuid.UUID):
            return value.bytes
        return value.isoformat() if isinstance(value, date | datetime) else value

    def put(self, connection: Connection, name: str, /, **values: object) -> None:
        """Insert one row."""
        row = {column: self.plain(value) for column, value in values.items()}
        connection.execute(self.tables.tables[name].insert().values(**row))

    def find(self, connection: Connection, name: str, wanted: str = "id", **where: object) -> Cell:
        """Return one cell."""
        table = self.tables.tables[name]
        query = select(table.c[wanted])
        for column, value in where.items():
            query = query.where(table.c[column] == self.plain(value))
        return connection.execute(query.limit(1)).scalar_one()

    def event(self, connection: Connection, *, book: str = "main", body: bytes = SAID) -> uuid.UUID:
        """Insert an event that fits its digest."""
        identity = uuid.uuid4()
        self.put(
            connection,
            "event",
            id=identity,
            book_id=self.find(connection, "book", code=book),
            kind="attack",
            canon=1,
            body=body,
            leaf_sha256=hashlib.sha256(b"\x00" + body).digest(),
            recorded_at=NOW,
        )
        return identity

    def account(self, connection: Connection, path: str, book: str) -> int:
        """Return the row number of an account."""
        if "!" in path:
            book, path = path.split("!")
        path, _, unit = path.partition(":")
        path, _, earmark = path.partition("@")
        book_id = self.find(connection, "book", code=book)
        earmark_id = self.find(connection, "earmark", book_id=book_id, code=earmark or "unrestricted")
        where = {"book_id": book_id, "path": path, "unit": unit or "USD", "earmark_id": earmark_id}
        return int(self.find(connection, "account", **where))

    def open(self, connection: Connection, legs: str = "", *, book: str = "main", **txn: object) -> uuid.UUID:
        """Insert a transaction with its event and legs, one leg per line, but without its end."""
        identity = self.event(connection, book=book)
        row: dict[str, object] = {
            "id": identity,
            "book_id": self.find(connection, "book", code=book),
            "act": "posted",
            "kind": "attack",
            "client": "raw",
            "idem_key": identity.hex,
            "request_sha256": bytes(32),
            "effective_on": NOW.date(),
            "recorded_at": NOW,
        }
        row["refunds_id"] = txn.get("parent_id")
        self.put(connection, "txn", **{**row, **txn})
        for seq, leg in enumerate(filter(None, map(str.strip, legs.splitlines())), start=1):
            self.leg(connection, identity, seq, leg, book=book)
        return identity

    def leg(
        self, connection: Connection, identity: uuid.UUID, seq: int, leg: str, *, book: str = "main"
    ) -> None:
        """Insert one leg with its draws."""
        words = leg.split()
        layer = words.pop(1) if words[1] in {"E", "P"} else "S"
        side, path, minor, line, *draws = words
        account_id = self.account(connection, path, book)
        row: dict[str, object] = {"account_id": account_id, "layer": layer, "side": 1 if side == "Dr" else -1}
        self.put(connection, "posting", txn_id=identity, seq=seq, line=line, amount=int(minor), **row)
        for draw in draws:
            code, minor = draw.split("=")
            owner = code.partition("!")[2] or code
            kept = book if owner == code else code.partition("!")[0]
            where = {"code": owner, "book_id": self.find(connection, "book", code=kept)}
            contribution_id = self.find(connection, "contribution", **where)
            self.put(
                connection,
                "draw",
                txn_id=identity,
                seq=seq,
                contribution_id=contribution_id,
                amount=int(minor),
            )

    def end(self, connection: Connection, identity: uuid.UUID) -> None:
        """Insert the end, on which the database checks the whole."""
        self.put(connection, "txn_end", txn_id=identity)

    def post(self, connection: Connection, legs: str, *, book: str = "main", **txn: object) -> uuid.UUID:
        """Insert a whole transaction."""
        identity = self.open(connection, legs, book=book, **txn)
        self.end(connection, identity)
        return identity


def _populate(session: Session) -> None:
    usd, hour = currency("USD"), in_kind_unit("hour", 2)
    for book in ("main", "second"):
        acts.open_book(session, book, usd)
        for code in ("giver", "other", "hub", "agent", "lab"):
            acts.register_party(session, book, Party(code=code, name=code.title()))
    for code in ("north", "south"):
        acts.open_earmark(session, "main", Earmark(code=code, title=code, admits={"region": (code,)}))
    water, fire, far = (
        acts.open_fund(session, book, code, usd, title=code)
        for book, code in (("main", "water"), ("main", "fire"), ("second", "far"))
    )

    def give(fund: PooledFund, giver: str, amount: str, key: str, earmark: str = "unrestricted") -> None:
        acts.contribute(session, fund, giver, money(amount, usd), key=key, clock=CLOCK, earmark=earmark)

    give(water, "giver", "100.00", "c1")
    give(water, "other", "50.00", "c2")
    give(water, "giver", "30.00", "n1", "north")
    give(water, "other", "20.00", "s1", "south")
    give(fire, "giver", "70.00", "f1")
    give(far, "giver", "70.00", "c1")
    acts.pledge(session, water, "giver", money("5.00", usd), key="pl1", clock=CLOCK)
    acts.spend(session, water, "hub", money("15.00", usd), line="transfer", key="p1", clock=CLOCK)
    promise = Promise("commitment", "well")
    acts.reserve(session, water, promise, money("40.00", usd), key="e1", clock=CLOCK)
    acts.pay_reserved(session, water, promise, money("10.00", usd), "hub", key="p2", clock=CLOCK)
    gift = acts.offer_in_kind(session, water, "giver", money("8.00", hour), key="k1", clock=CLOCK)
    acts.offer_in_kind(session, water, "giver", money("4.00", hour), key="k2", clock=CLOCK)
    worth = Valuation(
        price=money("25.00", usd),
        method="market",
        haircut_bp=2000,
        valued_by="lab",
        valued_on=NOW.date(),
        evidence_sha256=bytes(32),
    )
    acts.value(session, water, gift, worth, key="v1", clock=CLOCK)


Put = Callable[..., None]
Row = dict[str, object]


def _agree(raw: Raw, connection: Connection) -> None:
    """Write one row into each table of agreements, by hand."""
    book, fund = raw.find(connection, "book", code="main"), raw.find(connection, "fund", code="water")
    party = {
        code: raw.find(connection, "party", code=code, book_id=book)
        for code in ("giver", "hub", "lab", "agent")
    }
    digest = bytes(32)

    def put(name: str, **values: object) -> None:
        event = {"event_id": raw.event(connection)} if "event_id" in raw.tables.tables[name].c else {}
        raw.put(connection, name, **values, **event)

    tied = {"from_id": party["hub"], "to_id": party["giver"], "kind": "owns", "source": "register"}
    put("tie", book_id=book, **tied, since=NOW.date())
    put("tie_end", tie_id=raw.find(connection, "tie"), ended_on=NOW.date())
    put("definition", book_id=book, kind="metric", code="days", version=1, body=b"{}", sha256=digest)
    put("agreement", book_id=book, code="a1")
    one = {"agreement_id": raw.find(connection, "agreement", code="a1")}
    put("agreement_draft", **one, version=1, body=b"{}", sha256=digest, terms_sha256=digest)
    put("agreement_move", **one, no=1, state="draft")
    duties = {"giver": "interested", "hub": "interested", "lab": "verifier", "agent": "resolver"}
    roles = {"giver": "outcome_payer", "hub": "service_provider", "lab": "evaluator", "agent": "resolver"}
    for code, duty in duties.items():
        put("agreement_duty", **one, party_id=party[code], duty=duty)
        put("agreement_party", **one, term_party=code, role=roles[code], party_id=party[code], duty=duty)
        put("agreement_signature", **one, term_party=code, signature=bytes(64))
    source = {"payer": "giver", "unit": "USD"}
    put("agreement_source", **one, **source, book_id=book, fund_id=fund, promise="a1:giver", maximum=1)
    put("agreement_move", **one, no=2, state="proposed", from_no=1, from_state="draft")
    put("agreement_move", **one, no=3, state="active", from_no=2, from_state="proposed")
    _amend(put, raw, connection, one)
    _find_out(put, raw, connection, one, party)
    _pay_out(put, raw, connection, one, party)


def _amend(put: Put, raw: Raw, connection: Connection, one: Row) -> None:
    signed = {"signature": bytes(64)}
    put("amendment", **one, code="m1", maker="giver", body=b"{}", sha256=bytes(32), **signed)
    amendment = {"amendment_id": raw.find(connection, "amendment", code="m1")}
    put("amendment_approval", **amendment, **one, maker="giver", term_party="hub", **signed)
    put("amendment_start", **amendment, **one, ordinal=1)


def _find_out(put: Put, raw: Raw, connection: Connection, one: Row, party: dict[str, int]) -> None:
    digest, signed = bytes(32), {"signature": bytes(64)}
    put("dataset", **one, code="s1", size=1, sha256=digest, source_sha256=digest, body=b"{}")
    row = {"person": bytes(16), "metric": "days", "period": "term", "members": "", "achieved_on": "2026"}
    dataset = {"dataset_id": raw.find(connection, "dataset", code="s1")}
    put("outcome_row", **dataset, **one, **row, no=1, quantity=1, nth=1, life=0)
    told = {"code": "q1", "body": b"{}", "sha256": digest, "claimed_by": party["hub"], **dataset}
    put("claim", **one, **told, active_no=3, active_state="active")
    claim = {"claim_id": raw.find(connection, "claim", code="q1"), **one}
    papers = {"media_type": "text/plain", "method": "audit", "description": "papers", "held_by": "hub"}
    put("evidence", claim_id=claim["claim_id"], sha256=digest, **papers)
    seen = {"evidence_id": raw.find(connection, "evidence"), "body": b"{}", "sha256": digest, **signed}
    put("determination", **claim, **seen, round=1, verifier_id=party["lab"], duty="verifier")
    put("claim_question", **claim, code="w1", asked_by=party["lab"], duty="verifier", body=b"{}")
    asked = {"question_id": raw.find(connection, "claim_question"), "claim_id": claim["claim_id"]}
    put("claim_answer", **asked, answered_by=party["hub"], body=b"{}")
    days = {"decided_on": NOW.date(), "open_until": NOW.date()}
    put("decision", **claim, round=1, body=b"{}", **days)
    put("waiver", **claim, round=1, term_party="giver")
    put("dispute", **claim, round=1, code="d1", grounds="fraud", raised_by="giver", statement="no")
    dispute = {"dispute_id": raw.find(connection, "dispute", code="d1")}
    txn = {key: raw.find(connection, "txn", idem_key=key) for key in ("e1", "pl1")}
    kept = {"payer": "giver", "unit": "USD"}
    put("frozen", **dispute, **one, **kept, amount=1, body=b"[]", txn_id=txn["e1"])
    by = {"resolver_id": party["agent"], "duty": "resolver", **signed}
    put("resolution", **dispute, **one, outcome="upheld", reason="right", body=b"{}", **by)
    put("thaw", **dispute, **kept, txn_id=txn["pl1"])


def _pay_out(put: Put, raw: Raw, connection: Connection, one: Row, party: dict[str, int]) -> None:
    claim = raw.find(connection, "claim", code="q1")
    step = {"cause": "determination", "claim_id": claim, "round": 1, "as_of": NOW.date()}
    put("settlement", **one, position=1, **step)
    settlement = {"settlement_id": raw.find(connection, "settlement", position=1)}
    key = {"clause": "days", "period": "term"}
    sums = {"earned": 1, "entitled": 1, "due": 1, "cuts": b"{}", "trace": b"[]"}
    put("entitlement", **settlement, **key, members="", **sums)
    ends = {"payer": "giver", "payee": "hub"}
    put("obligation", **settlement, **key, members="", **ends, due=1)
    owed = {"payee_id": party["hub"], "unit": "USD", "amount": 1, "direction": "out", "route": "fund"}
    paid, waits, void = (uuid.UUID(int=n) for n in (1, 2, 3))
    for n, identity in enumerate((paid, waits, void)):
        put("payout", id=identity, **settlement, **one, clause=f"days{n}", period="term", **ends, **owed)
    txn = raw.find(connection, "txn", idem_key="p2")
    put("payout_paid", payout_id=paid, direction="out", n=1, whole=1, amount=1, txn_id=txn)
    put("payout_void", payout_id=void)
    put("payout_wait", payout_id=waits, n=1, proposal_id=raw.find(connection, "proposal"))


def _govern(raw: Raw, connection: Connection) -> None:
    """Write one row into each table of periods, approvals and conversions, by hand."""
    book = raw.find(connection, "book", code="main")

    def put(name: str, **values: object) -> None:
        raw.put(connection, name, event_id=raw.event(connection), **values)

    put("period", book_id=book, closed_through=date(2020, 12, 31))
    policy = {"unit": "USD", "from_minor": 10**12, "quorum": 2, "since": NOW}
    put("approval_policy", book_id=book, kind="grand", **policy)
    digest = hashlib.sha256(b"{}").digest()
    bytes_of = {"payload_sha256": digest.hex()}
    told: dict[str, object] = {"maker": "hub", **bytes_of}
    proposal = raw.event(connection, body=json.dumps(json.loads(SAID) | told).encode())
    raw.put(
        connection, "proposal", id=proposal, book_id=book, payload=b"{}", payload_sha256=digest, maker="hub"
    )
    one = {"proposal_id": proposal, "book_id": book, "maker": "hub", "payload_sha256": digest}
    told = {"approver": "giver", "payload_sha256": digest.hex(), "proposal": str(proposal)}
    agreed = raw.event(connection, body=json.dumps(json.loads(SAID) | told).encode())
    raw.put(connection, "approval", event_id=agreed, **one, approver="giver")
    other = raw.event(connection, body=json.dumps(json.loads(SAID) | {"maker": "hub", **bytes_of}).encode())
    raw.put(connection, "proposal", id=other, book_id=book, payload=b"{}", payload_sha256=digest, maker="hub")
    one |= {"proposal_id": other, "party": "giver", "reason": "Paid before."}
    told = {"party": "giver", "proposal": str(other), "reason": "Paid before.", **bytes_of}
    said_no = raw.event(connection, body=json.dumps(json.loads(SAID) | told).encode())
    raw.put(connection, "rejection", event_id=said_no, **one)
    raw.put(connection, "unit", code="EUR", kind="currency", scale=2)
    quoted: dict[str, object] = {"base": "USD", "quote": "EUR", "num": 9, "den": 10, "as_of": "2026-01-15"}
    said = {**json.loads(SAID), **quoted, "source": "central bank"}
    rate = raw.event(connection, body=canonical_bytes(said))
    pair = {"base_unit": "USD", "base_kind": "currency", "quote_unit": "EUR", "quote_kind": "currency"}
    figures = {"num": 9, "den": 10, "as_of": NOW.date(), "source": "central bank"}
    raw.put(connection, "fx_rate", id=rate, **pair, **figures)
    owned = {
        "book_id": book,
        "fund_id": raw.find(connection, "fund", code="water"),
        "unit": "EUR",
        "floor": 0,
    }
    owned["earmark_id"] = raw.find(connection, "earmark", book_id=book, code="unrestricted")
    raw.put(connection, "account", **owned, path="water/cash", role="cash", normal=1)
    raw.put(connection, "account", **owned, path="water/pool", role="pool", normal=-1)
    sold = raw.open(
        connection,
        """Dr water/pool 1005 fx_sold c1=1005
        Cr water/cash 1005 fx_sold
        Dr water/cash:EUR 904 fx_bought
        Cr water/pool:EUR 904 fx_bought c1=904""",
    )
    conversion = {"rate_id": rate, "num": 9, "den": 10, "sold_minor": 1005, "bought_minor": 904}
    raw.put(connection, "fx_conversion", txn_id=sold, n=1, rounding="half_even", **conversion)
    raw.end(connection, sold)


def populate(engine: Engine) -> Raw:
    """Fill a migrated database: two books, three funds, two earmarks, and a row in each table."""
    with Session(engine) as session, session.begin():
        _populate(session)
    raw = Raw(engine)
    with engine.begin() as connection:
        _govern(raw, connection)
        _agree(raw, connection)
        write_challenge(raw, connection, NOW)
        write_door(raw, connection, NOW)
    with Session(engine) as session, session.begin():
        acts.seal(session, "main", clock=CLOCK, name="example.org", secret=bytes(32))
    return raw


@pytest.fixture(scope="session")
def make_raw(make_database: Callable[[str], str]) -> Iterator[Callable[[str], Raw]]:
    """Maker of a populated database."""
    engines: list[Engine] = []

    def make(dialect: str) -> Raw:
        engines.append(open_engine(make_database(dialect)))
        return populate(engines[-1])

    yield make
    for engine in engines:
        engine.dispose()


@pytest.fixture(scope="session")
def populated(make_raw: Callable[[str], Raw]) -> Callable[[str], Raw]:
    """The populated database of a dialect, shared by all attacks on it, since each of them is refused."""
    kept: dict[str, Raw] = {}

    def get(dialect: str) -> Raw:
        if dialect not in kept:
            kept[dialect] = make_raw(dialect)
        return kept[dialect]

    return get


@pytest.fixture(params=["sqlite", "postgresql"])
def raw(request: pytest.FixtureRequest, populated: Callable[[str], Raw]) -> Raw:
    """The populated database, which nobody changes: attacks are refused, or rolled back."""
    return populated(request.param)


@pytest.fixture
def funded(session: Session, water: PooledFund, clock: Clock) -> PooledFund:
    """The fund ``water`` with 100.00 of ``giver`` and 50.00 of ``other``."""
    acts.contribute(session, water, "giver", money("100.00", "USD"), key="c1", clock=clock)
    acts.contribute(session, water, "other", money("50.00", "USD"), key="c2", clock=clock)
    return water


Give = Callable[[str], uuid.UUID]
Seal = Callable[[], Checkpoint | None]


@pytest.fixture
def give(session: Session, water: PooledFund, clock: Clock) -> Give:
    """Maker of one event of the book main, by its key."""

    def make(key: str) -> uuid.UUID:
        acts.contribute(session, water, "giver", money("1.00", "USD"), key=key, clock=clock)
        identity = session.scalars(select(TXN.c.id).where(TXN.c.idem_key == key)).one()
        assert isinstance(identity, uuid.UUID)
        return identity

    return make


@pytest.fixture
def enter(session: Session, water: PooledFund) -> Callable[[int], None]:
    """Maker of many events of the book main, none of which moves money."""
    book_id = session.scalars(select(FUND.c.book_id).where(FUND.c.code == water.code)).one()

    def make(count: int) -> None:
        bodies = [uuid.uuid4().hex.encode() * 20 for _ in range(count)]
        events = [
            {"id": uuid.uuid4(), "body": body, "leaf_sha256": hashlib.sha256(b"\x00" + body).digest()}
            for body in bodies
        ]
        common = {"book_id": book_id, "kind": "test", "canon": 1, "recorded_at": NOW}
        session.execute(insert(EVENT), [{**event, **common} for event in events])

    return make


@pytest.fixture
def seal(session: Session, clock: Clock) -> Seal:
    """Seal the book main."""
    return lambda: acts.seal(session, "main", clock=clock, name="example.org", secret=bytes(range(32)))


@pytest.fixture
def sealed(session: Session, give: Give, seal: Seal, clock: Clock) -> tuple[uuid.UUID, uuid.UUID]:
    """The last of four sealed events of the book main, and one of two that wait; in ``second`` one waits."""
    for key in ("c1", "c2", "c3"):
        give(key)
    seal()
    known = give("c4")
    seal()
    acts.open_book(session, "second", currency("USD"))
    acts.register_party(session, "second", Party(code="giver", name="Giver"))
    fund = acts.open_fund(session, "second", "fire", currency("USD"), title="Fire")
    acts.contribute(session, fund, "giver", money("1.00", "USD"), key="s1", clock=clock)
    give("c5")
    waiting = give("c6")
    session.commit()
    return known, waiting


@pytest.fixture
def long_log(session: Session, enter: Callable[[int], None], seal: Seal) -> list[uuid.UUID]:
    """The sealed events of the book main in order, under checkpoints of 700 and of 1033; five more wait."""
    for batch in (700, 333):
        enter(batch)
        seal()
    enter(5)
    events = list(session.scalars(select(LEAF.c.event_id).order_by(LEAF.c.idx)).all())
    session.commit()
    return events


@pytest.fixture
def unguarded(engine: Engine) -> Iterator[Connection]:
    """A connection on which the owner has dropped every guard of the log; rolled back at the end.

    Whoever wrote before must have committed: ask for it last.
    """
    with engine.connect() as connection:
        for table in ("event", "unsealed", "leaf", "node", "checkpoint"):
            sqlite = engine.dialect.name == "sqlite"
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
            if not sqlite:
                query = "SELECT tgname FROM pg_trigger WHERE tgrelid = :table ::regclass AND NOT tgisinternal"
            for name in connection.scalars(text(query), {"table": table}).all():
                connection.execute(text(f"DROP TRIGGER {name}" + ("" if sqlite else f" ON {table}")))
        if engine.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE event DROP CONSTRAINT event_check"))
        yield connection
        connection.rollback()
