"""Challenges: who may compete, who judges and who is funded; every decision can be recomputed."""

from typing import TYPE_CHECKING

from ..finance.shelf import shelve

if TYPE_CHECKING:
    from .applications import Application, AttachedFile
    from .awarding import (
        Award,
        award_by_allocation,
        award_by_ballot,
        award_by_score,
        award_places,
        pose,
        unawarded,
    )
    from .ballots import (
        Ballot,
        BallotPolicy,
        BallotResult,
        BallotShare,
        MeasuredProject,
        count_ballots,
        median_quorum,
        metric_shares,
    )
    from .brief import Brief, Goal
    from .bundles import (
        BudgetLine,
        ChangeLink,
        InterventionNeed,
        Member,
        ProposedIntervention,
        ProposedSynergy,
        TheoryOfChange,
    )
    from .caps import Filled, fill_to_cap
    from .disclosures import ActorDisclosure, NamedFunder
    from .eligibility import (
        AllOf,
        AnyOf,
        EligibilityRule,
        Finding,
        Leaf,
        LeafFinding,
        Not,
        check_eligibility,
        conjunction,
        disjunction,
        negation,
    )
    from .forms import Form
    from .judge_policy import AttributeMinimum, JudgeFee, JudgePolicy
    from .offers import InKindNeed, InKindOffer
    from .phases import Advances, Phase
    from .policies import AmendmentPolicy, AppealPolicy, DisclosurePolicy
    from .prizes import Places, Pool, prize_maximum, split_places
    from .published_rounds import PublishedAward, PublishedRound, retro_funding_4
    from .ranking import Ranking, Standing, rank_by_mean
    from .rubric import Anchor, Rubric, Scale, Trait
    from .scores import Score, read_marks, totals_by_read
    from .visibility import VisibilityRule
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".applications": ("Application", "AttachedFile"),
            ".awarding": (
                "Award",
                "award_by_allocation",
                "award_by_ballot",
                "award_by_score",
                "award_places",
                "pose",
                "unawarded",
            ),
            ".ballots": (
                "Ballot",
                "BallotPolicy",
                "BallotResult",
                "BallotShare",
                "MeasuredProject",
                "count_ballots",
                "median_quorum",
                "metric_shares",
            ),
            ".brief": ("Brief", "Goal"),
            ".bundles": (
                "BudgetLine",
                "ChangeLink",
                "InterventionNeed",
                "Member",
                "ProposedIntervention",
                "ProposedSynergy",
                "TheoryOfChange",
            ),
            ".caps": ("Filled", "fill_to_cap"),
            ".disclosures": ("ActorDisclosure", "NamedFunder"),
            ".eligibility": (
                "AllOf",
                "AnyOf",
                "EligibilityRule",
                "Finding",
                "Leaf",
                "LeafFinding",
                "Not",
                "check_eligibility",
                "conjunction",
                "disjunction",
                "negation",
            ),
            ".forms": ("Form",),
            ".judge_policy": ("AttributeMinimum", "JudgeFee", "JudgePolicy"),
            ".phases": ("Advances", "Phase"),
            ".policies": ("AmendmentPolicy", "AppealPolicy", "DisclosurePolicy"),
            ".offers": ("InKindNeed", "InKindOffer"),
            ".prizes": ("Places", "Pool", "prize_maximum", "split_places"),
            ".published_rounds": ("PublishedAward", "PublishedRound", "retro_funding_4"),
            ".ranking": ("Ranking", "Standing", "rank_by_mean"),
            ".rubric": ("Anchor", "Rubric", "Scale", "Trait"),
            ".scores": ("Score", "read_marks", "totals_by_read"),
            ".visibility": ("VisibilityRule",),
        },
    )

__all__ = [
    "ActorDisclosure",
    "Advances",
    "AllOf",
    "AmendmentPolicy",
    "Anchor",
    "AnyOf",
    "AppealPolicy",
    "Application",
    "AttachedFile",
    "AttributeMinimum",
    "Award",
    "Ballot",
    "BallotPolicy",
    "BallotResult",
    "BallotShare",
    "Brief",
    "BudgetLine",
    "ChangeLink",
    "DisclosurePolicy",
    "EligibilityRule",
    "Filled",
    "Finding",
    "Form",
    "Goal",
    "InKindNeed",
    "InKindOffer",
    "InterventionNeed",
    "JudgeFee",
    "JudgePolicy",
    "Leaf",
    "LeafFinding",
    "MeasuredProject",
    "Member",
    "NamedFunder",
    "Not",
    "Phase",
    "Places",
    "Pool",
    "ProposedIntervention",
    "ProposedSynergy",
    "PublishedAward",
    "PublishedRound",
    "Ranking",
    "Rubric",
    "Scale",
    "Score",
    "Standing",
    "TheoryOfChange",
    "Trait",
    "VisibilityRule",
    "award_by_allocation",
    "award_by_ballot",
    "award_by_score",
    "award_places",
    "check_eligibility",
    "conjunction",
    "count_ballots",
    "disjunction",
    "fill_to_cap",
    "median_quorum",
    "metric_shares",
    "negation",
    "pose",
    "prize_maximum",
    "rank_by_mean",
    "read_marks",
    "retro_funding_4",
    "split_places",
    "totals_by_read",
    "unawarded",
]
