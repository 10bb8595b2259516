"""What is asked and answered about rankings: places with their doubt, the band, the lot, who goes on."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, model_validator

from ...challenges.acts import EntryList, EntryRow, OpenedSecret, PanelChoice
from ...challenges.advancing import Advancement, read_advancement
from ...challenges.bands import ExpectedPlace, ExpectedRanking, LotteryDraw, digest_of
from ...challenges.seeds import Beacon
from ...finance.documents import Code
from .base import Asked, Made, Reply, Wire
from .rounds import Reason, decimal_text

Source = Annotated[str, Field(min_length=1, max_length=300)]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{32,256}$")]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RankedEntry(Reply):
    """An entry as somebody who runs the round sees it.

    Attributes
    ----------
    reads : int [reads]
        That count.
    raw_mean, level : str or None [points]
        Decimal text: mean of the reads; calibrated, once the scores are frozen.
    place : int or None [place]
        Among the entries of this list.
    """

    application: str
    status: str
    reads: int
    raw_mean: str | None
    level: str | None
    place: int | None

    @classmethod
    def of(cls, row: EntryRow) -> "RankedEntry":
        """Return a row of the list."""
        return cls(
            application=row.application,
            status=row.status,
            reads=row.reads,
            raw_mean=decimal_text(row.raw_mean),
            level=decimal_text(row.level),
            place=row.place,
        )


class RankingReply(Reply):
    """A page of entries, best first; every figure is reckoned from what the caller may see.

    Attributes
    ----------
    reads : int [reads]
        Of all entries together.
    mean : str or None [points]
        Of their raw means, as decimal text.
    """

    reads: int
    mean: str | None
    items: list[RankedEntry]
    next: str | None

    @classmethod
    def of(cls, found: EntryList, items: list[RankedEntry], after: str | None) -> "RankingReply":
        """Return a page of the list."""
        return cls(reads=found.reads, mean=decimal_text(found.mean), items=items, next=after)


class PlacementQuery(Wire):
    """Which ranking.

    Attributes
    ----------
    calibration : int or None [calibrations]
        By which; the newest without it.
    """

    calibration: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class PlacementLine(Reply):
    """An application's expected rank and its doubt.

    Attributes
    ----------
    place : int [place]
        Order of display, 1 is best; tied applications share it.
    expected_rank : str [rank]
        Decimal text.
    low, high : int [rank]
        In nine of ten draws its rank lies between.
    """

    application: str
    place: int
    expected_rank: str
    low: int
    high: int

    @classmethod
    def of(cls, row: ExpectedPlace) -> "PlacementLine":
        """Return a place as a line."""
        return cls(
            application=row.application_id,
            place=row.place,
            expected_rank=decimal_text(row.expected_rank) or "",
            low=row.low,
            high=row.high,
        )


class PlacementPart(Reply):
    """One ranking: the whole phase, or one half or panel of it.

    Attributes
    ----------
    sure, band : list of str
        Surely inside; not separated from the line.
    places : int [places]
        Left for the band.
    band_sha256 : str
        To be published before any lot is drawn.
    """

    entries: list[PlacementLine]
    sure: list[str]
    band: list[str]
    places: int
    band_sha256: str
    flags: list[str]

    @classmethod
    def of(cls, ranking: ExpectedRanking) -> "PlacementPart":
        """Return a ranking as a reply."""
        band = ranking.band
        return cls(
            entries=[PlacementLine.of(row) for row in ranking.places],
            sure=list(band.sure),
            band=list(band.members),
            places=band.places,
            band_sha256=band.digest,
            flags=list(ranking.flags),
        )


class PlacementList(Reply):
    """The rankings of a phase, one for each part that is ranked by itself."""

    parts: list[PlacementPart]


class BandRequest(Asked):
    """A band to publish, before anybody knows the seed.

    Attributes
    ----------
    beacon_source, beacon_at : str, datetime or None
        Where the brief asks for a beacon: who will publish the value, and when.
    """

    beacon_source: Annotated[str, Field(max_length=300)] = ""
    beacon_at: AwareDatetime | None = None


class BandPart(Reply):
    """A band around the line.

    Attributes
    ----------
    places : int [places]
        Left for the members.
    size : int [applications]
        How many members there are.
    members, sure : list of str
        Empty until the decision is announced, for those who do not run the round.
    """

    part: str
    places: int
    size: int
    sha256: str
    members: list[str]
    sure: list[str]


class BandReply(Made):
    """A band as it was published."""

    phase: str
    calibration_sha256: str
    published_at: str
    beacon_source: str
    beacon_at: str | None
    bands: list[BandPart]

    @classmethod
    def of(cls, phase: str, told: Mapping[str, Any], *, masked: bool = False) -> "BandReply":
        """Return a published band; its names stay away where it is masked."""
        return cls(
            phase=phase,
            calibration_sha256=told["calibration_sha256"],
            published_at=told["published_at"],
            beacon_source=told["beacon_source"],
            beacon_at=told["beacon_at"],
            bands=[
                BandPart(
                    part=one["part"],
                    places=one["places"],
                    size=len(one["members"]),
                    sha256=one["sha256"],
                    members=[] if masked else one["members"],
                    sure=[] if masked else one["sure"],
                )
                for one in told["bands"]
            ],
        )


class BandList(Reply):
    """A page of published bands; ``next`` is the cursor of the page behind it."""

    items: list[BandReply]
    next: str | None


class LotteryCommitmentRequest(Asked):
    """The digest of a secret, before the first score.

    Attributes
    ----------
    commitment : str
        SHA-256 of the secret, 64 hexadecimal digits.
    """

    commitment: Digest


class LotteryCommitmentMade(Made):
    """A commitment to a secret, on record."""

    phase: str
    commitment: str


class LotteryCommitmentLine(Reply):
    """A commitment to a secret, as it was published."""

    phase: str
    commitment: str


class LotteryCommitmentList(Reply):
    """The commitment of a phase; none where there was none."""

    items: list[LotteryCommitmentLine]


class BeaconValue(Wire):
    """A public random value of an instant that was named before."""

    source: Source
    named_at: AwareDatetime
    at: AwareDatetime
    value: Hex
    proof: Source

    def beacon(self) -> Beacon:
        """Return it as the decision takes it."""
        return Beacon(
            source=self.source,
            named_at=self.named_at,
            instant=self.at,
            value=self.value,
            proof=self.proof,
        )


class PanelDecision(Wire):
    """Whom a panel takes from the band, and why."""

    chosen: Annotated[list[Code], Field(min_length=1, max_length=1000)]
    members: Annotated[list[Code], Field(min_length=1, max_length=100)]
    reason: Reason


class AdvancementRequest(Asked):
    """Who goes on is to be decided, by the rule of the brief.

    Attributes
    ----------
    beacon, secret : BeaconValue or None, str or None
        The seed of a lottery: a beacon, or the secret that was committed to.
    panel : PanelDecision or None
        Where the brief lets a panel decide the band.
    """

    beacon: BeaconValue | None = None
    secret: Hex | None = None
    panel: PanelDecision | None = None

    @model_validator(mode="after")
    def _require_one_seed(self) -> Self:
        if self.beacon is not None and self.secret is not None:
            raise ValueError("A lottery has one seed: send beacon or secret, not both.")
        return self

    def seed(self) -> Beacon | OpenedSecret | None:
        """Return the seed, if one is given."""
        if self.secret is not None:
            return OpenedSecret(nonce=self.secret)
        return None if self.beacon is None else self.beacon.beacon()

    def choice(self) -> PanelChoice | None:
        """Return what the panel decided, if it did."""
        if self.panel is None:
            return None
        return PanelChoice(
            chosen=tuple(self.panel.chosen), members=tuple(self.panel.members), reason=self.panel.reason
        )


class AdvancementReply(Made):
    """Who goes on from a phase, and how the band was decided.

    Attributes
    ----------
    tie : str or None
        By which rule the band was decided.
    places : int [places]
        That were left for the band.
    inside, outside, band, unread, lot_order : lists of str
        Empty until the decision is announced, for those who do not run the round.
    lot_seed : str or None
        Where a lot decided.
    going_on : int [applications]
        How many go on.
    """

    phase: str
    rule: str
    tie: str | None
    places: int
    band_sha256: str
    lot_seed: str | None
    going_on: int
    inside: list[str]
    outside: list[str]
    band: list[str]
    unread: list[str]
    lot_order: list[str]

    @classmethod
    def of(cls, phase: str, made: Advancement, *, masked: bool = False) -> "AdvancementReply":
        """Return a decision; its names stay away where it is masked."""
        lot = made.lot
        return cls(
            phase=phase,
            rule=made.rule,
            tie=made.tie,
            places=made.places,
            band_sha256=digest_of(made.band, made.places),
            lot_seed=None if lot is None else lot.seed,
            going_on=len(made.inside),
            inside=[] if masked else list(made.inside),
            outside=[] if masked else list(made.outside),
            band=[] if masked else list(made.band),
            unread=[] if masked else list(made.unread),
            lot_order=[] if masked or lot is None else list(lot.order),
        )

    @classmethod
    def read(cls, phase: str, body: bytes, *, masked: bool) -> "AdvancementReply":
        """Return a decision as it was kept."""
        return cls.of(phase, read_advancement(body), masked=masked)


class AdvancementList(Reply):
    """The decisions of a phase, oldest first."""

    items: list[AdvancementReply]


class DrawRequest(Asked):
    """A lot to draw again.

    Examples
    --------
    >>> DrawRequest(members=["a", "b"], places=1, seed="5f1c").places
    1
    """

    members: Annotated[list[Code], Field(min_length=1, max_length=10_000)]
    places: Annotated[int, Field(ge=0, le=10_000)]
    seed: Annotated[str, Field(min_length=1, max_length=300)]


class DrawReply(Made):
    """A lot as anybody draws it: all in order, and those who are in."""

    seed: str
    band_sha256: str
    order: list[str]
    drawn: list[str]

    @classmethod
    def of(cls, lot: LotteryDraw) -> "DrawReply":
        """Return a lot as a reply."""
        return cls(seed=lot.seed, band_sha256=lot.band_digest, order=list(lot.order), drawn=list(lot.drawn))


def told_of(body: bytes) -> dict[str, Any]:
    """Read what was kept of a band."""
    return dict(json.loads(body))
