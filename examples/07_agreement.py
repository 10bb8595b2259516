"""Project Apollo from signing to closing: 879 rows, one dispute, every line paid as it was published."""

import argparse
from pathlib import Path

from agreement.play import play
from agreement.walk import prepare

from almoner.api import upgrade
from almoner.finance.storage import UnitOfWork, open_engine

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--db", default="sqlite:///agreement.db", help="address of the database")
parser.add_argument("--out", default="agreement-out", type=Path, help="folder for rows, statements and trace")
parser.add_argument("--prepare", action="store_true", help="only what a walk on the command line starts from")
asked = parser.parse_args()

engine = open_engine(asked.db)
upgrade(engine)
with UnitOfWork(engine) as session:
    (prepare if asked.prepare else play)(session, asked.out)
