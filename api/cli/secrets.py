"""``almoner secrets``."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..settings import FOLDER_VARIABLE
from ..tokens import new_pem
from .show import AsJson, print_json, progress

app = typer.Typer(add_completion=False)
FILES: dict[str, Callable[[], str]] = {
    "almoner_secret": lambda: secrets.token_hex(32),
    "almoner_signing_keys": new_pem,
    "almoner_seal_key": lambda: secrets.token_hex(32),
    "almoner_vault_keys": lambda: secrets.token_hex(32),
    "almoner_people_key": lambda: secrets.token_hex(32),
    "almoner_metrics_token": lambda: secrets.token_hex(32),
}


@app.command()
def make(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where to put them; made when it is not there.")
    ],
    *,
    as_json: AsJson = False,
) -> None:
    """Make the secrets of an installation, one file each. Example: almoner secrets secrets.

    Only you can read them. A file that is there stays as it is. Keep a copy apart from those of the database.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = [name for name, maker in FILES.items() if _written(folder / name, maker)]
    kept = [name for name in FILES if name not in made]
    if as_json:
        print_json({"folder": str(folder), "made": made, "kept": kept})
        return
    progress(f"Made in {folder}: {', '.join(made) or 'nothing'}. Kept: {', '.join(kept) or 'nothing'}.")
    progress(f"Point the server at them: {FOLDER_VARIABLE}={folder}")


def _written(path: Path, maker: Callable[[], str]) -> bool:
    """Write a file that nobody else reads; False when there is one."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(opened, "w", encoding="ascii") as file:
        file.write(maker())
    return True
