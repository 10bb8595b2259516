"""almoner: pooled funds, outcome contracts and challenges, with an optimizer that follows verified outcomes.

Everything a caller needs is exported here or by one of the four floors, which import each other only
downwards: ``api`` -> ``challenges`` -> ``contracts`` -> ``finance``. Importing this page loads no
third-party package; each name loads its module on first use.
"""

from pathlib import Path
from typing import TYPE_CHECKING

__version__ = "0.1.0"

if not Path(__file__).with_name("finance").is_dir():
    raise ImportError(
        "almoner's four floors are missing beside this file: the checkout was made without symbolic links. "
        "Run: git config core.symlinks true && git checkout -- src",
    )

from .finance.shelf import shelve

if TYPE_CHECKING:
    from .api.router import router
    from .challenges import assign, calibrate
    from .finance import AlmonerError, Unit, currency
    from .finance.money import Money, money
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".api.router": ("router",),
            ".challenges": ("assign", "calibrate"),
            ".finance": ("AlmonerError", "Unit", "currency"),
            ".finance.money": ("Money", "money"),
        },
        also=("__version__",),
    )

__all__ = [
    "AlmonerError",
    "Money",
    "Unit",
    "__version__",
    "assign",
    "calibrate",
    "currency",
    "money",
    "router",
]
