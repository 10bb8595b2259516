"""What a draw of an assignment was made from, as it is kept.

The problem: an assignment by chance must be open to replay without telling anybody his chances beforehand.
The report holds the limit, the mean cost over all draws and the digest of the chances.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawReport:
    """What a draw was made from.

    Attributes
    ----------
    most_bp : int [bp]
        No pair was more likely.
    open_pairs : int [pairs]
        How many pairs were left to chance.
    expected : float [bp]
        Cost in the mean over all draws.
    draws, repaired : int [draws], int [pairs]
        Which draw was the first in one piece; pairs that were changed afterwards for readers of a sort or for
        separated judges.
    chances_sha256 : str
        Digest of all chances.

    Examples
    --------
    >>> DrawReport(most_bp=5000, open_pairs=4, expected=-1.0, draws=1, repaired=0, chances_sha256="").draws
    1
    """

    most_bp: int
    open_pairs: int
    expected: float
    draws: int
    repaired: int
    chances_sha256: str
