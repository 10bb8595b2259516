"""What came in, as a chart in the reader's language."""

from collections.abc import Sequence

from ...charts.chart import Chart
from ...charts.receipts import Receipt, draw_receipts
from ...wire.own import OwnPayoutSum
from ..words import Words


def draw_sums(words: Words, sums: Sequence[tuple[str, OwnPayoutSum]]) -> Chart | None:
    """Draw what each agreement has paid and still owes; nothing where none has.

    Parameters
    ----------
    words : Words
        The reader's.
    sums : sequence of (str, OwnPayoutSum)
        Title of the agreement, and its sums.
    """
    if not sums:
        return None
    header = (words._("Agreement"), words._("Unit"), words._("Paid"), words._("On its way"))
    receipts = [
        Receipt(label=title, unit=one.unit, paid=one.paid, waiting=one.waiting) for title, one in sums
    ]
    return draw_receipts(
        words._("What came in"),
        words._("By agreement: filled is paid, hatched waits for approval. Bars begin at zero."),
        header,
        receipts,
    )
