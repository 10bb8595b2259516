"""Schema migrations for SQLite and PostgreSQL, run by ``almoner migrate`` or by ``upgrade``.

The problem: the rules that keep money safe are in the database, so they have to arrive there complete, on
both engines, inside one transaction. Each revision is plain SQL with a few tokens for what the engines
spell differently (``sql/``), run by Alembic.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from almoner.finance.storage import Engine

HERE = Path(__file__).parent


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring a database to a revision; harmless when it is there already.

    Parameters
    ----------
    engine : Engine
        From ``open_engine``.
    revision : str
        ``head`` or a number.

    Examples
    --------
    >>> from almoner.finance.storage import open_engine
    >>> upgrade(open_engine("sqlite://"))
    """
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take a database back to a revision; what the later ones hold is lost.

    Parameters
    ----------
    engine : Engine
        From ``open_engine``.
    revision : str
        ``base`` or a number.
    """
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def head() -> str:
    """Return the newest revision.

    Examples
    --------
    >>> head()
    '0005'
    """
    return str(ScriptDirectory.from_config(_config()).get_current_head())
