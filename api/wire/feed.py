"""What is told of an event, by webhook and by stream: thin, and never a person's or a masked field."""

from typing import Annotated

from pydantic import BaseModel, Field

from .base import Amount, Instant, Reply
from .jobs import JobReply

FURTHEST = 2**53


class FeedQuery(BaseModel):
    """From where a stream begins.

    Attributes
    ----------
    after : int [position]
        Position in the sealed log behind which it begins; -1 for all, without it now. The header
        ``Last-Event-ID`` goes before it.
    """

    after: Annotated[int, Field(ge=-1, le=FURTHEST)] | None = None


class ToldObject(Reply):
    """What an event is about: where to read it, for whoever may.

    Attributes
    ----------
    id : str
        Of the thing; empty where the reader sees only the engagement it belongs to.
    version : int [position]
        Position of the event in the sealed log: of two events about one thing, the higher is the later.
    link : str
        Address of the thing, or of its engagement.
    """

    id: str
    version: int
    link: str
    money: Amount | None = None


class ToldEvent(Reply):
    """One event, as its readers are told.

    Attributes
    ----------
    type : str
        A past fact, such as ``contribution.received``; later versions may add some.
    timestamp : datetime
        When it was recorded.
    """

    type: str
    timestamp: Instant
    data: ToldObject


class FeedItem(Reply):
    """One event with its position in the sealed log, which is the ``id`` of the message."""

    position: int
    told: ToldEvent


class FeedPage(Reply):
    """Events behind a position, in order.

    Attributes
    ----------
    position : int [position]
        The last one looked at, also where the reader is told nothing of it.
    more : bool
        There are more behind it by now.
    """

    items: list[FeedItem]
    position: int
    more: bool


class StreamItem(Reply):
    """One message of a stream.

    Attributes
    ----------
    id : int
        Position in the sealed log, or version of the job; ``Last-Event-ID`` of whoever comes back.
    event : str
        ``told`` or ``job``.
    """

    id: int
    event: str
    data: ToldEvent | JobReply


class StreamPage(Reply):
    """Messages behind a position.

    Attributes
    ----------
    position : int [position]
        To go on from.
    more : bool
        There are more by now.
    ended : bool
        Nothing more will come.
    """

    items: list[StreamItem]
    position: int
    more: bool = False
    ended: bool = False
