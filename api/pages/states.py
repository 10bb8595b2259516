"""What the codes of the floors are called on a page: one word for one state, whoever reads it.

The problem: the same payout was “owed” on one page and “to be returned” on another, each with its own
translations.
"""

from .words import Words


def agreement_state(words: Words, code: str) -> str:
    """Return what an agreement's state is called.

    Examples
    --------
    >>> from almoner.api.pages.words import words_of
    >>> agreement_state(words_of("en"), "active")
    'in force'
    """
    return {
        "draft": words.p("agreement", "draft"),
        "proposed": words.p("agreement", "waits for signatures"),
        "active": words.p("agreement", "in force"),
        "suspended": words.p("agreement", "suspended"),
        "measured": words.p("agreement", "measured, last payments due"),
        "terminated": words.p("agreement", "ended early"),
        "closed": words.p("agreement", "closed"),
        "withdrawn": words.p("agreement", "withdrawn"),
    }.get(code, code)


def challenge_state(words: Words, code: str) -> str:
    """Return what a challenge's state is called."""
    return {
        "draft": words.p("challenge", "draft"),
        "published": words.p("challenge", "published, not open yet"),
        "open": words.p("challenge", "open for applications"),
        "judging": words.p("challenge", "being judged"),
        "decided": words.p("challenge", "decided"),
        "settled": words.p("challenge", "decided, and settled"),
        "cancelled": words.p("challenge", "cancelled"),
    }.get(code, code)


def payout_state(words: Words, code: str) -> str:
    """Return what a payout's state is called."""
    return {
        "waiting": words.p("payout", "waits for approval"),
        "rejected": words.p("payout", "not approved; to be proposed again"),
        "paid": words.p("payout", "paid"),
        "outside": words.p("payout", "paid outside of this book"),
        "owed": words.p("payout", "to be paid back"),
        "part_returned": words.p("payout", "paid back in part"),
        "returned": words.p("payout", "paid back"),
        "void": words.p("payout", "void"),
    }.get(code, code)


def claim_state(words: Words, code: str) -> str:
    """Return what a claim's state is called."""
    return {
        "claimed": words.p("claim", "reported, not checked yet"),
        "determined": words.p("claim", "waits for another evaluator"),
        "in_disagreement": words.p("claim", "evaluators disagree"),
        "provisional": words.p("claim", "decided, can be disputed"),
        "disputed": words.p("claim", "disputed"),
        "final": words.p("claim", "final, to be settled"),
        "settled": words.p("claim", "settled"),
    }.get(code, code)


def dispute_state(words: Words, code: str) -> str:
    """Return how a dispute ended, or that it has not."""
    return {
        "open": words.p("dispute", "not decided yet"),
        "upheld": words.p("dispute", "the finding stands"),
        "overturned": words.p("dispute", "another finding takes its place"),
        "partly": words.p("dispute", "another finding takes its place in part"),
    }.get(code, code)


def award_state(words: Words, code: str) -> str:
    """Return what an award's state is called."""
    return {
        "proposed": words.p("award", "waits for approval"),
        "approved": words.p("award", "approved; the winner is to accept it"),
        "accepted": words.p("award", "accepted"),
        "committed": words.p("award", "the money is set aside"),
        "held": words.p("award", "held by an appeal"),
        "declined": words.p("award", "declined"),
        "lapsed": words.p("award", "lapsed"),
        "reversed": words.p("award", "reversed"),
    }.get(code, code)


def appeal_state(words: Words, code: str) -> str:
    """Return what an appeal's state is called."""
    return {
        "open": words.p("appeal", "waits for a ruling"),
        "upheld": words.p("appeal", "upheld"),
        "dismissed": words.p("appeal", "dismissed"),
    }.get(code, code)


def job_state(words: Words, code: str) -> str:
    """Return what the state of a job of the worker is called."""
    return {
        "waiting": words.p("job", "Waits for its turn"),
        "running": words.p("job", "Is being worked on"),
        "done": words.p("job", "Done"),
        "failed": words.p("job", "Failed"),
        "cancelled": words.p("job", "Cancelled"),
    }.get(code, code)


def party_role(words: Words, code: str) -> str:
    """Return what a party's part in an agreement is called."""
    return {
        "outcome_payer": words._("pays for outcomes"),
        "service_provider": words._("does the work"),
        "investor": words._("advances the money"),
        "evaluator": words._("checks the results"),
        "validator": words._("checks the results"),
        "intermediary": words._("runs the agreement"),
        "resolver": words._("decides disputes"),
    }.get(code, code.replace("_", " "))


def statement_line(words: Words, code: str) -> str:
    """Return what a line of a statement is called."""
    return {
        "contribution": words._("Contributions"),
        "fund_income": words._("What the fund earned"),
        "partner_interest": words._("Interest earned by partners"),
        "fx_bought": words._("Bought in an exchange"),
        "fee": words._("Fees"),
        "bank_charge": words._("Bank charges"),
        "direct_cost": words._("Costs of the fund"),
        "transfer": words._("Transfers to those who do the work"),
        "transfer_to_fund": words._("Transfers to other funds"),
        "payout": words._("Payments for results"),
        "refund": words._("Paid back to the fund"),
        "donor_refund": words._("Given back to donors"),
        "fx_sold": words._("Sold in an exchange"),
    }.get(code, code.replace("_", " "))


def prize_kind(words: Words, code: str) -> str:
    """Return how a prize is given."""
    return {
        "pool": words._("A pool, divided among many"),
        "discretionary": words._("Given by decision, up to"),
        "staged": words._("In stages, as milestones are reached"),
        "first_to_finish": words._("To the first that reaches the goal"),
        "measured_progress": words._("By measured progress"),
        "grand": words._("One grand prize"),
        "places": words._("By places"),
        "finalists_then_grand": words._("Finalists, then one grand prize"),
        "in_kind": words._("In kind"),
    }.get(code, code.replace("_", " "))
