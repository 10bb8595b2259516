"""``almoner serve``."""

from typing import Annotated

import typer

from ...finance.storage import DEFAULT_URL
from ..server import assemble, serve, worker_of
from ..settings import read_settings
from .show import progress

app = typer.Typer(add_completion=False)


@app.command()
def run(
    db: Annotated[
        str | None,
        typer.Option("--db", help=f"Address of the database; else ALMONER_DB, else {DEFAULT_URL}."),
    ] = None,
    host: Annotated[str | None, typer.Option("--host", help="Where to listen; else ALMONER_HOST.")] = None,
    port: Annotated[int | None, typer.Option("--port", help="Where to listen; else ALMONER_PORT.")] = None,
    *,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Seal, deliver and run jobs in this process, too.")
    ] = False,
) -> None:
    """Serve the API until the process is told to end. Example: almoner serve --port 8080 --with-worker.

    Settings come from the environment (ALMONER_…) or from files in the folder ALMONER_SECRETS_DIR; secrets
    have to be set, and are made by: almoner secrets FOLDER.
    """
    settings = read_settings(db=db, host=host, port=port)
    worker = worker_of(settings) if with_worker else None
    installation = assemble(settings)
    progress(
        f"Serving on http://{settings.host}:{settings.port}, known as {settings.address}. End it: Ctrl-C."
    )
    serve(installation, worker=worker)
