"""Refusals of the challenges floor: the branch of the one tree that ``finance/errors.py`` draws.

The problem: an applicant who comes late, a judge with a conflict and an appeal without a ground are told
different things, and a program must tell them apart without reading the sentence::

    `- ChallengeError     NotEligible, ChallengeClosed, ScoreInvalid, BallotInvalid,
    |                     ApplicationInconsistent, BriefInvalid, AmendmentRefused, ChallengeRefused,
    |                     CureOver, AnswersInvalid, ApplicationIncomplete, ApplicationStale,
    |                     ConflictRecused, PinRefused, AssignmentInvalid, ScoreUnassigned,
    |                     CalibrationInvalid, TieUnresolved, AwardRefused, AwardHeld, AppealRefused
"""

from ..finance.errors import AlmonerError


class ChallengeError(AlmonerError):
    """A challenge cannot do what is asked."""

    code = "challenge"


class NotEligible(ChallengeError):
    """An application that fails a rule."""

    code = "challenge.not_eligible"


class ChallengeClosed(ChallengeError):
    """A submission or score outside its phase."""

    code = "challenge.closed"


class ScoreInvalid(ChallengeError):
    """A score off its scale, of an unknown trait, or incomplete."""

    code = "score.invalid"


class BallotInvalid(ChallengeError):
    """A ballot or metric table that breaks its rule."""

    code = "ballot.invalid"


class ApplicationInconsistent(ChallengeError):
    """An application whose figures do not add up."""

    code = "application.inconsistent"


class BriefInvalid(ChallengeError):
    """A brief that may not be published; every finding at once."""

    code = "brief.invalid"


class AmendmentRefused(ChallengeError):
    """A change of the rules that would hurt those who are in already."""

    code = "amendment.refused"


class ChallengeRefused(ChallengeError):
    """A step that the state of the challenge does not allow."""

    code = "challenge.state"


class CureOver(ChallengeError):
    """Evidence that came after the time given to supply it."""

    code = "eligibility.cure_over"


class AnswersInvalid(ChallengeError):
    """Answers that violate the form's schema."""

    code = "form.invalid"


class ApplicationIncomplete(ChallengeError):
    """An accord, a disclosure or an answer is missing."""

    code = "application.incomplete"


class ApplicationStale(ChallengeError):
    """A draft that somebody else has changed since it was read."""

    code = "application.stale"


class ConflictRecused(ChallengeError):
    """A judge who has a conflict; the sentence does not say with whom."""

    code = "conflict.recused"


class PinRefused(ChallengeError):
    """A fixed pair of judge and application that must not be."""

    code = "assignment.pin_refused"


class AssignmentInvalid(ChallengeError):
    """A problem of assignment that contradicts itself, or a plan that may not be published."""

    code = "assignment.invalid"


class ScoreUnassigned(ChallengeError):
    """A score by a judge to whom the application was not assigned."""

    code = "score.unassigned"


class CalibrationInvalid(ChallengeError):
    """Scores that no calibration can read."""

    code = "calibration.invalid"


class TieUnresolved(ChallengeError):
    """A tie at the line for which no rule is stated."""

    code = "award.tie_unresolved"


class AwardRefused(ChallengeError):
    """A step that the state of an award does not allow."""

    code = "award.state"


class AwardHeld(ChallengeError):
    """An award that an appeal keeps back."""

    code = "award.held"


class AppealRefused(ChallengeError):
    """An appeal without a ground that counts, or out of time."""

    code = "appeal.ground"
