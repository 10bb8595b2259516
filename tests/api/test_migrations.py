import pytest
from sqlalchemy import inspect, text

from almoner import currency, money
from almoner.api.migrations import downgrade, head, upgrade
from almoner.finance import acts
from almoner.finance.dates import Clock
from almoner.finance.errors import DatabaseUnreadable
from almoner.finance.funds import PooledFund
from almoner.finance.records.tables import METADATA, VIEWS
from almoner.finance.storage import SCHEMA_VERSION, VERSION_TABLE, Engine, Session, UnitOfWork, open_engine

Objects = dict[str, str]
CATALOGUE = """
SELECT 'column ' || table_name || '.' || column_name,
  data_type || is_nullable || coalesce(column_default, '') || is_identity
FROM information_schema.columns WHERE table_schema = 'public';
SELECT 'view ' || viewname, definition FROM pg_views WHERE schemaname = 'public';
SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public';
SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger
WHERE NOT tgisinternal;
SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace;
SELECT 'function ' || proname, pg_get_functiondef(oid) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace
"""


def objects(engine: Engine) -> Objects:
    """Every object of the schema with its definition."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            rows = connection.execute(
                text("SELECT type || ' ' || name, coalesce(sql, '') FROM sqlite_master")
            )
            return {name: sql for name, sql in rows if VERSION_TABLE not in name}
        return {
            name: said for query in CATALOGUE.split(";") for name, said in connection.execute(text(query))
        }


def test_the_newest_revision_is_the_one_the_code_needs() -> None:
    assert head() == SCHEMA_VERSION


def test_upgrading_twice_is_harmless(engine: Engine) -> None:
    before = objects(engine)
    upgrade(engine)
    assert objects(engine) == before
    assert any("append" in said for said in before.values())


@pytest.mark.usefixtures("water")
def test_down_and_up_again_gives_the_same_schema_with_data_in_it(
    engine: Engine, session: Session, water: PooledFund, clock: Clock
) -> None:
    acts.contribute(session, water, "giver", money("1.00", "USD"), key="c1", clock=clock)
    session.commit()
    before = objects(engine)
    downgrade(engine, "base")
    left = {name for name in objects(engine) if VERSION_TABLE not in name}
    assert left == set()
    upgrade(engine)
    assert objects(engine) == before
    with UnitOfWork(engine) as own:
        acts.open_book(own, "main", currency("USD"))
        assert acts.verify(own, "main").findings == ()


def test_money_survives_the_revisions_above_it(
    engine: Engine, session: Session, water: PooledFund, clock: Clock
) -> None:
    acts.contribute(session, water, "giver", money("1.00", "USD"), key="c1", clock=clock)
    session.commit()
    for revision in ("0003", "0002", "0001"):
        downgrade(engine, revision)
    upgrade(engine)
    assert acts.verify(session, "main").findings == ()
    assert acts.position(session, water).free == money("1.00", "USD")


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005"])
def test_each_revision_is_reached_from_nothing(revision: str) -> None:
    engine = open_engine("sqlite://")
    upgrade(engine, revision)
    with engine.connect() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() == revision  # noqa: S608  # a constant
    engine.dispose()


def test_a_revision_that_fails_leaves_nothing_behind(engine: Engine) -> None:
    downgrade(engine, "base")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE txn (id INTEGER)"))
    before = objects(engine)
    with pytest.raises(Exception, match="txn"):
        upgrade(engine)
    assert objects(engine) == before


def test_the_tables_of_the_code_are_those_of_the_database(engine: Engine) -> None:
    found = inspect(engine)
    for metadata, names in ((METADATA, found.get_table_names()), (VIEWS, found.get_view_names())):
        for table in metadata.tables.values():
            assert table.name in names
            columns = [column["name"] for column in found.get_columns(table.name)]
            assert columns == [column.name for column in table.c], table.name
    kinds = {"fault_leg", "fault_lot", "fault_child", "fault_approval"}
    assert kinds <= set(found.get_view_names())


def test_the_fault_views_are_searched_by_transaction_and_never_scanned(engine: Engine) -> None:
    prefix = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    value = "X'00'" if engine.dialect.name == "sqlite" else "'00000000-0000-0000-0000-000000000000'"
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for plan in ("hashjoin", "mergejoin", "seqscan"):
                connection.execute(text(f"SET LOCAL enable_{plan} = off"))
        for view in ("fault_leg", "fault_lot", "fault_child", "fault_approval", "approval_asked"):
            query = f"{prefix} SELECT * FROM {view} WHERE txn_id = {value}"  # noqa: S608  # constants
            plan = "\n".join(str(row[-1]) for row in connection.execute(text(query)))
            scans = [line for line in plan.splitlines() if "SCAN" in line.upper() and is_large(line)]
            assert scans == [], plan


def is_large(line: str) -> bool:
    """Tell whether a step of a plan reads a whole table that grows with every transaction."""
    growing = ("txn", "posting", "draw", "event")
    words = line.replace("(", " ").split()
    if line.lstrip().startswith("SCAN"):
        return words[1] in {"t", "p", "d", "q", "m", "e", "f", "r", "x", *growing}
    return "Seq Scan on" in line and any(f"on {name} " in line for name in growing)


def test_memory_databases_are_migrated_too() -> None:
    engine = open_engine("sqlite://")
    upgrade(engine)
    downgrade(engine, "base")
    engine.dispose()
    with pytest.raises(DatabaseUnreadable):
        open_engine("sqlite:////no/such/folder/x.db")
