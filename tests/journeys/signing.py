"""People who sign on a page: with a script their key file stays in the browser, without one it is typed."""

import base64
from pathlib import Path

from tests.doors.people import secret_of
from tests.journeys.browsing import Person

from almoner.finance.signatures import sign_bytes


def sign_here(somebody: Person, party: str, folder: Path, *, script: bool = True) -> Person:
    """Sign what the page shows with a party's key, and leave the signature in its field."""
    if script:
        key = folder / f"{party}.key"
        key.write_text(secret_of(party).hex())
        somebody.page.locator("[data-key]").set_input_files(key)
        somebody.page.locator("[data-told=yes]").wait_for()
        return somebody
    content = somebody.page.locator("[data-signing]").get_attribute("data-signing") or ""
    return somebody.fill("signature", sign_bytes(secret_of(party), base64.b64decode(content)).hex())
