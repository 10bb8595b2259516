"""Lazy public names: a package exports many names, an import of it loads none of their modules.

The problem: ``import almoner`` must cost nothing, and yet ``almoner.Money`` has to exist. PEP 562 lets a
module answer for names it does not hold. Each package's front page keeps three lists that a house test
compares: the ``TYPE_CHECKING`` imports (for checkers), the shelf (for the interpreter) and ``__all__``.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def shelve(
    package: str,
    shelf: Mapping[str, Sequence[str]],
    *,
    also: Sequence[str] = (),
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make the ``__getattr__`` and ``__dir__`` of a package from a table of module -> names.

    Parameters
    ----------
    package : str
        ``__name__`` of the package.
    shelf : Mapping[str, Sequence[str]]
        Relative module name -> public names found in it.
    also : Sequence[str]
        Names that the package defines itself, listed by ``dir`` as well.

    Returns
    -------
    tuple
        The pair ``(__getattr__, __dir__)``.

    Examples
    --------
    >>> find, names = shelve("almoner.finance", {".money": ("Money",)})
    >>> find("Money").__module__
    'almoner.finance.money'
    >>> names()
    ['Money']
    """
    home = {name: module for module, names in shelf.items() for name in names}

    def find(name: str) -> object:
        if name not in home:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(home[name], package), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted([*home, *also])

    return find, names
