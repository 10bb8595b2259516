"""``almoner sign``."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from ...finance.signatures import public_key, sign_bytes
from .show import AsJson, print_json
from .writing import read_secret

app = typer.Typer(add_completion=False)


@app.command()
def sign(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The bytes to sign, as a page gave them.")],
    key: Annotated[Path, typer.Option("--key", help="Your secret key: 64 hexadecimal digits.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Sign the exact bytes of a file with your own key. Example: almoner sign to-sign.bin --key lab.key.

    Prints the signature in hexadecimal digits, to be pasted where the page asks for it. The key goes nowhere.
    """
    content, secret = file.read_bytes(), read_secret(key)
    signature = sign_bytes(secret, content).hex()
    if as_json:
        digest = hashlib.sha256(content).hexdigest()
        print_json({"signature": signature, "public_key": public_key(secret).hex(), "sha256": digest})
        return
    print(signature)
