"""The command line. Each command loads its own modules when it is called, so help costs nothing."""

from .entry import main

__all__ = ["main"]
