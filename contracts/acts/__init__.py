"""Verbs of the contracts floor, on the caller's session: read, decide, write, post; never commit."""

from typing import TYPE_CHECKING

from ...finance.shelf import shelve

if TYPE_CHECKING:
    from .agreeing import draft, draw_up, propose, sign, withdraw
    from .amending import approve_amendment, list_amendments, propose_amendment
    from .asking import answer, ask
    from .claiming import attach, check_evidence, claim
    from .defining import define_cohort, define_metric, find_cohort, find_metric, list_cohorts, list_metrics
    from .determining import determine
    from .disputing import dispute, resolve, waive
    from .ending import close, measure, resume, suspend, terminate
    from .importing import (
        aggregate,
        claimed_results,
        evaluation_tables,
        find_dataset,
        import_rows,
        list_datasets,
        preview_rows,
    )
    from .liability import follow_liability
    from .recovering import carry_out, propose_again, take_back
    from .referring import refer
    from .replaying import replay
    from .rounds import claim_status, list_claims
    from .settling import settle
    from .showing import list_payouts, list_settlements
    from .stating import party_statement
    from .tracing import trace_payout
    from .vetting import find_conflicts
    from .viewing import portfolio, portfolio_flows
else:
    __getattr__, __dir__ = shelve(
        __name__,
        {
            ".agreeing": ("draft", "draw_up", "propose", "sign", "withdraw"),
            ".amending": ("approve_amendment", "list_amendments", "propose_amendment"),
            ".asking": ("answer", "ask"),
            ".claiming": ("attach", "check_evidence", "claim"),
            ".defining": (
                "define_cohort",
                "define_metric",
                "find_cohort",
                "find_metric",
                "list_cohorts",
                "list_metrics",
            ),
            ".determining": ("determine",),
            ".disputing": ("dispute", "resolve", "waive"),
            ".ending": ("close", "measure", "resume", "suspend", "terminate"),
            ".importing": (
                "aggregate",
                "claimed_results",
                "evaluation_tables",
                "find_dataset",
                "import_rows",
                "list_datasets",
                "preview_rows",
            ),
            ".liability": ("follow_liability",),
            ".recovering": ("carry_out", "propose_again", "take_back"),
            ".referring": ("refer",),
            ".replaying": ("replay",),
            ".rounds": ("claim_status", "list_claims"),
            ".settling": ("settle",),
            ".showing": ("list_payouts", "list_settlements"),
            ".stating": ("party_statement",),
            ".tracing": ("trace_payout",),
            ".vetting": ("find_conflicts",),
            ".viewing": ("portfolio", "portfolio_flows"),
        },
    )

__all__ = [
    "aggregate",
    "answer",
    "approve_amendment",
    "ask",
    "attach",
    "carry_out",
    "check_evidence",
    "claim",
    "claim_status",
    "claimed_results",
    "close",
    "define_cohort",
    "define_metric",
    "determine",
    "dispute",
    "draft",
    "draw_up",
    "evaluation_tables",
    "find_cohort",
    "find_conflicts",
    "find_dataset",
    "find_metric",
    "follow_liability",
    "import_rows",
    "list_amendments",
    "list_claims",
    "list_cohorts",
    "list_datasets",
    "list_metrics",
    "list_payouts",
    "list_settlements",
    "measure",
    "party_statement",
    "portfolio",
    "portfolio_flows",
    "preview_rows",
    "propose",
    "propose_again",
    "propose_amendment",
    "refer",
    "replay",
    "resolve",
    "resume",
    "settle",
    "sign",
    "suspend",
    "take_back",
    "terminate",
    "trace_payout",
    "waive",
    "withdraw",
]
