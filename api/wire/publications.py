"""What is answered about publications."""

from ..records.publications import Publication
from .base import Instant, Made, Reply


class PublicationMade(Made):
    """An engagement that everybody may read from now on."""

    engagement: str
    since: Instant


class PublicationReply(Reply):
    """An engagement that everybody may read: ``fund/CODE``, ``agreement/CODE`` or ``challenge/CODE``."""

    engagement: str
    since: Instant

    @classmethod
    def of(cls, made: Publication) -> "PublicationReply":
        """Return a publication as a reply."""
        return cls(engagement=made.engagement, since=made.since)


class PublicationList(Reply):
    """A page of publications; ``next`` is the cursor of the page behind it."""

    items: list[PublicationReply]
    next: str | None
