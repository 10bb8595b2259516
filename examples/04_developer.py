"""A developer mounts almoner in an application of her own, with its own users and session."""

from tempfile import mkdtemp

from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from almoner import currency
from almoner.api import Caller, Grant, upgrade
from almoner.api.router import router
from almoner.finance import acts
from almoner.finance.parties import Party
from almoner.finance.storage import open_engine

engine = open_engine(f"sqlite:///{mkdtemp()}/host.db")
upgrade(engine)
with Session(engine) as session:  # the host's own session: almoner flushes, the host commits
    acts.open_book(session, "main", currency("USD"))
    acts.register_party(session, "main", Party(code="meridian", name="Meridian Agency"))
    acts.open_fund(session, "main", "water", currency("USD"), title="Clean water pool")
    session.commit()


def current_caller(request: Request) -> Caller | None:
    """Say who is asking, from the host's own sign-in."""
    if request.headers.get("Authorization") != "Bearer treasurer":
        return None
    return Caller(person="treasurer", grants=(Grant(book="main", role="intermediary", party="almoner"),))


app = FastAPI()
app.include_router(router(engine=engine, identify=current_caller), prefix="/giving")

client = TestClient(app)
address, me = "/giving/v1/books/main/funds/water", {"Authorization": "Bearer treasurer"}
gift = {"giver": "meridian", "amount": "250.00", "unit": "USD"}
print(client.get(address).status_code, client.get(address).json()["code"])
for _ in range(2):
    reply = client.post(f"{address}/contributions", json=gift, headers=me | {"Idempotency-Key": "gift-1"})
    print(reply.status_code, reply.json()["amount"], reply.headers.get("Idempotent-Replayed", "false"))
reply = client.post(
    f"{address}/contributions", json=gift | {"unit": "EUR"}, headers=me | {"Idempotency-Key": "gift-2"}
)
print(reply.status_code, reply.json()["code"])
print(client.get(address, headers=me).json()["free"])
