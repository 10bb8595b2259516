"""A supper club with its own models, users and sessions mounts almoner in ten lines."""

from tempfile import mkdtemp

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from fastapi.testclient import TestClient
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from almoner import currency, money, router
from almoner.api import Caller, Grant, upgrade
from almoner.finance import acts
from almoner.finance.dates import system_clock
from almoner.finance.parties import Party
from almoner.finance.records.registry import find_fund
from almoner.finance.storage import UnitOfWork, prepare_engine

CARDS = {"s3cret": "treasurer", "gu3st": "guest"}  # the club's users, by what they show at the door


class Base(DeclarativeBase):
    """The club's own models."""


class Supper(Base):
    """An evening of the club."""

    __tablename__ = "supper"
    number: Mapped[int] = mapped_column(primary_key=True)


def make_club(engine: Engine) -> FastAPI:
    """Make the application as it was before: models, routes, an error handler."""
    Base.metadata.create_all(engine)
    app = FastAPI(title="Supper club")
    app.add_exception_handler(404, lambda _request, _error: JSONResponse({"oops": "no such table"}, 404))

    def book_supper(number: int, guests: int) -> None:
        with Session(engine) as session:  # one transaction for the club's row and the gift
            session.add(Supper(number=number))
            fund, taken = find_fund(session, "main", "soup"), money(f"{guests * 12}.00", "USD")
            acts.contribute(session, fund, "club", taken, key=f"supper-{number}", clock=system_clock)
            session.commit()

    @app.post("/suppers/{number}")
    async def close_supper(number: int, guests: int) -> dict[str, int]:
        await run_in_threadpool(book_supper, number, guests)
        return {"closed": number}

    return app


def mount_almoner(app: FastAPI, engine: Engine) -> None:
    """Prepare the engine, build the tables, say who is asking, mount."""
    prepare_engine(engine)
    upgrade(engine)

    def current_caller(request: Request) -> Caller | None:
        name = CARDS.get(request.headers.get("X-Club-Card", ""))
        roles = (Grant(book="main", role="intermediary", party="almoner"),) if name == "treasurer" else ()
        return Caller(person=name, grants=roles) if name else None

    app.include_router(router(engine=engine, identify=current_caller), prefix="/giving")


if __name__ == "__main__":
    club = make_club(own := create_engine(f"sqlite:///{mkdtemp()}/club.db"))
    mount_almoner(club, own)
    with UnitOfWork(own) as opening:
        acts.open_book(opening, "main", currency("USD"))
        acts.register_party(opening, "main", Party(code="club", name="Supper club"))
        acts.open_fund(opening, "main", "soup", currency("USD"), title="Soup kitchen")
    client = TestClient(club)
    print(client.post("/suppers/1?guests=30").json(), client.get("/nowhere").json())
    for card in ("", *CARDS):
        reply = client.get("/giving/v1/books/main/funds/soup", headers={"X-Club-Card": card})
        print(reply.status_code, reply.json().get("free", "not shown"))
