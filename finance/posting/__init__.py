"""The posting path: the one way by which money moves; holds, reversals, corrections and events."""

from typing import TYPE_CHECKING

from ..shelf import shelve

if TYPE_CHECKING:
    from .core import MAX_BATCH, Outcome, post, post_many
    from .events import derive_id, named_id, record_event
    from .holds import expire_due, find_hold, hold, settle, void
    from .reversals import correct, reverse
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".core": ("MAX_BATCH", "Outcome", "post", "post_many"),
            ".events": ("derive_id", "named_id", "record_event"),
            ".holds": ("expire_due", "find_hold", "hold", "settle", "void"),
            ".reversals": ("correct", "reverse"),
        },
    )

__all__ = [
    "MAX_BATCH",
    "Outcome",
    "correct",
    "derive_id",
    "expire_due",
    "find_hold",
    "hold",
    "named_id",
    "post",
    "post_many",
    "record_event",
    "reverse",
    "settle",
    "void",
]
