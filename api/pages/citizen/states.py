"""What the codes of the floors are called on a page."""

from ..words import Words


def agreement_state(words: Words, code: str) -> str:
    """Return what an agreement's state is called.

    Examples
    --------
    >>> from ..words import words_of
    >>> agreement_state(words_of("en"), "active")
    'in force'
    """
    return {
        "draft": words._("draft"),
        "proposed": words._("proposed, not signed by all"),
        "active": words._("in force"),
        "suspended": words._("suspended"),
        "measured": words._("measured, last payments due"),
        "terminated": words._("ended early"),
        "closed": words._("closed"),
        "withdrawn": words._("withdrawn"),
    }.get(code, code)


def challenge_state(words: Words, code: str) -> str:
    """Return what a challenge's state is called."""
    return {
        "draft": words._("draft"),
        "published": words._("published, not open yet"),
        "open": words._("open for applications"),
        "judging": words._("being judged"),
        "decided": words._("decided"),
        "settled": words._("decided, and settled"),
        "cancelled": words._("cancelled"),
    }.get(code, code)


def payout_state(words: Words, code: str) -> str:
    """Return what a payout's state is called."""
    return {
        "owed": words._("owed"),
        "waiting": words._("waits for approval"),
        "rejected": words._("not approved; to be proposed again"),
        "paid": words._("paid"),
        "outside": words._("paid outside of the funds"),
        "part_returned": words._("paid, and partly paid back"),
        "returned": words._("paid back"),
        "void": words._("void"),
    }.get(code, code)


def claim_state(words: Words, code: str) -> str:
    """Return what a claim's state is called."""
    return {
        "claimed": words._("claimed, not checked yet"),
        "determined": words._("checked by one"),
        "in_disagreement": words._("checkers disagree"),
        "provisional": words._("checked, open to dispute"),
        "disputed": words._("disputed"),
        "final": words._("final"),
        "settled": words._("final, and settled"),
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
