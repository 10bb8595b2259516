"""The judge policy: how many entries a judge reads, with whom, for what fee, and how ties are drawn.

The problem: workload, conflicts and fees that are agreed judge by judge cannot be checked, and a fee that
rises with a score buys the score. All of it stands in the brief before anybody applies.
"""

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from ..finance.documents import Code, DecimalText, Document
from ..finance.findings import Findings, finding, repeated
from .conflicts.policy import ConflictPolicy, conflict_policy
from .figures import WHOLE_BP, nano
from .prizes import amount_findings

PanelModel = Literal["quality", "none", "within"]
ConflictScope = Literal["pair", "phase", "competition"]
FractionText = Annotated[str, StringConstraints(pattern=r"^(0(\.[0-9]{1,9})?|1(\.0{1,9})?)$")]
MOST_READS: Final = 100_000
Reads = Annotated[int, Field(ge=0, le=MOST_READS)]


class AttributeMinimum(Document):
    """How many judges with an attribute each application needs among its readers.

    Attributes
    ----------
    attribute : str
        For example ``senior``.
    at_least : int [judges]
        Per application.

    Examples
    --------
    >>> AttributeMinimum.read('{"attribute": "senior", "at_least": 1}').at_least
    1
    """

    attribute: Code
    at_least: Annotated[int, Field(ge=1, le=100)]


class JudgeFee(Document):
    """What a judge is paid.

    Attributes
    ----------
    amount : str [unit of the brief]
        For each.
    per : str
        Of what: ``read`` is the only lawful answer; a fee that depends on a score, a rank or an outcome can
        be written, so that lint can refuse it by name.

    Examples
    --------
    >>> JudgeFee.read('{"amount": "120.00"}').per
    'read'
    """

    amount: DecimalText
    per: Literal["read", "score", "rank", "outcome"] = "read"


class JudgePolicy(Document):
    """Workload, conflicts, calibration and chance of a challenge's judging.

    Attributes
    ----------
    load : tuple[int, int] [reads]
        Fewest and most that one judge reads in a phase.
    per_organisation : int [judges]
        Most readers of one application who belong to one organisation.
    conflicts : str or ConflictPolicy
        ``america_competes``, or a policy of its own.
    scope : str or None
        What a hard conflict bars from: ``pair``, ``phase`` or ``competition``; ``None``: as the policy says
        for each kind.
    calibrate : bool
        Whether scores are corrected for the judges' severity.
    panel_model : str
        ``quality``: panels differ because entries do; ``none``; ``within``: ranks inside a panel only.
    anchors, anchor_reads : int
        How many applications get how many extra reads by judges of other panels.
    tie_alpha : str
        Two entries are told apart when the chance of the other order is at most this.
    seed_source : str or None
        Where the seed of a lottery comes from: a public ``beacon``, or ``committed`` before the scores.
    attributes : tuple[AttributeMinimum, ...]
        Who has to be among the readers of each application.
    abstain : bool
        Whether a judge may leave a trait unmarked where the rubric allows it.
    fee : JudgeFee or None
        What a read is paid; ``None``: nothing.
    randomise_bp : int [basis points]
        Greatest chance with which any judge gets any one application.

    Examples
    --------
    >>> JudgePolicy.read('{"load": [8, 10], "anchors": 10, "anchor_reads": 10}').panel_model
    'quality'
    """

    load: tuple[Reads, Reads] = (0, MOST_READS)
    per_organisation: Annotated[int, Field(ge=1, le=1000)] = 1
    conflicts: Literal["america_competes"] | ConflictPolicy = "america_competes"
    scope: ConflictScope | None = None
    calibrate: bool = True
    panel_model: PanelModel = "quality"
    anchors: Reads = 0
    anchor_reads: Reads = 0
    tie_alpha: FractionText = "0.25"
    seed_source: Literal["beacon", "committed"] | None = None
    attributes: Annotated[tuple[AttributeMinimum, ...], Field(max_length=50)] = ()
    abstain: bool = True
    fee: JudgeFee | None = None
    randomise_bp: Annotated[int, Field(ge=1, le=WHOLE_BP)] = WHOLE_BP

    @property
    def states_load(self) -> bool:
        """Whether a greatest load is stated, and not merely the default."""
        return self.load[1] < MOST_READS

    @property
    def conflict_policy(self) -> ConflictPolicy:
        """The policy on conflicts in full, with the scope that is stated here."""
        return conflict_policy(self.conflicts, self.scope)


def policy_findings(policy: JudgePolicy, unit_code: str, at: str) -> Findings:
    """List what contradicts itself in a judge policy.

    Parameters
    ----------
    policy : JudgePolicy
        From the brief.
    unit_code : str
        The brief's unit.
    at : str
        JSON pointer of the policy in the brief.

    Examples
    --------
    >>> policy_findings(JudgePolicy(load=(9, 8)), "USD", "/judge_policy")
    [{'path': '/judge_policy/load', 'message': 'the least load of 9 is above the greatest of 8'}]
    """
    lo, hi = policy.load
    found: Findings = []
    if lo > hi:
        found.append(finding(f"{at}/load", f"the least load of {lo} is above the greatest of {hi}"))
    if bool(policy.anchors) != bool(policy.anchor_reads):
        said = f"{policy.anchors} anchors with {policy.anchor_reads} extra reads: give both or neither"
        found.append(finding(f"{at}/anchor_reads", said))
    if nano(policy.tie_alpha) > nano("0.5"):
        found.append(finding(f"{at}/tie_alpha", f"{policy.tie_alpha} is above 0.5, where either order is"))
    names = [row.attribute for row in policy.attributes]
    found += [
        finding(f"{at}/attributes/{n}/attribute", f"{names[n]} stands here a second time")
        for n in repeated(names)
    ]
    if isinstance(policy.conflicts, ConflictPolicy):
        found += policy.conflicts.findings(f"{at}/conflicts")
    if policy.fee is not None:
        found += amount_findings(policy.fee.amount, unit_code, f"{at}/fee/amount", zero_allowed=True)
    return found
