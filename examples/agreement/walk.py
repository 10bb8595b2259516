"""What a walk on the command line starts from: book, parties and gifts, keys in files, rows, the agreement.

The published term is over, and commands act today; so the agreement of the walk sets no last day for claims.
"""

import json
from pathlib import Path

from almoner.finance.documents import canonical_bytes
from almoner.finance.storage import Session

from . import desk, rows


def prepare(session: Session, out: Path) -> None:
    """Open the desk, and write what parties keep: keys, rows, and the agreement that they are to sign."""
    desk.open_desk(session)
    rows.write_files(out / "rows")
    keys = {code: desk.secret_of(code) for code in desk.PARTIES} | {
        "people": desk.ROW_KEY,
        "log": desk.LOG_KEY,
    }
    folder = out / "keys"
    folder.mkdir(exist_ok=True)
    for name, secret in keys.items():
        path = folder / f"{name}.key"
        path.touch(mode=0o600)
        path.write_text(f"{secret.hex()}\n", encoding="utf-8")
    document = json.loads((desk.HERE / "apollo.json").read_bytes())
    document["verification"].pop("claim_days")
    (out / "agreement.json").write_bytes(canonical_bytes(document))
    print(f"{len(keys)} keys, the rows and the agreement are in {out}; the money is in the fund {desk.FUND}")
