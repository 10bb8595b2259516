"""Is it healthy: how old the last checkpoint is, which jobs failed, which messages did not arrive.

The problem: an installation that seals nothing any more, or whose messages fail, looks as always to whoever
works in it. This page tells it at first sight, and offers to try again.
"""

from ....finance.dates import instant_text
from ...wire.jobs import JobList, JobMade
from ...wire.log import CheckpointList
from ...wire.parties import PartyList
from ...wire.webhooks import WebhookDeliveryList, WebhookDeliveryMade
from ..page import Page
from ..states import job_state
from ..view import Column, Done, Sheet, View
from ..visit import Visit

MOST = 50


def show_admin(visit: Visit) -> View:
    """Show how the installation fares."""
    words = visit.words
    visit.require("admin")
    checkpoints = visit.read(CheckpointList, "checkpoint.list", last=True)
    last = checkpoints.items[-1] if checkpoints.items else None
    jobs = visit.read(JobList, "job.list", limit=MOST)
    deliveries = visit.read(WebhookDeliveryList, "webhook-delivery.list", limit=MOST)
    parties = visit.find(PartyList, "party.list", limit=200)
    return View(
        title=words._("Is it healthy?"),
        sheets={
            "deliveries": _deliveries(visit, deliveries),
            "jobs": _jobs(visit, jobs),
            "parties": Sheet(
                title=words._("Parties"),
                columns=[Column(name=words._("Name")), Column(name=words._("Code"))],
                rows=[(one.name, one.code) for one in (parties.items if parties else ())],
                empty=words._("No party is registered yet."),
            ),
        },
        more={
            "sealed": last.size if last else 0,
            "sealed_at": words.instant(last.recorded_at) if last else "",
            "failed": sum(one.state == "failed" for one in jobs.items),
            "dead": sum(one.state == "dead" for one in deliveries.items),
            "again": [
                (str(one.id), one.type, one.last_error) for one in deliveries.items if one.state == "dead"
            ],
        },
    )


def _jobs(visit: Visit, jobs: JobList) -> Sheet:
    words = visit.words
    return Sheet(
        title=words._("Jobs"),
        columns=[
            Column(name=words._("Job")),
            Column(name=words.p("job", "Of")),
            Column(name=words._("Stands")),
            Column(name=words._("Asked for"), kind="instant"),
        ],
        rows=[
            (one.kind, one.party, job_state(words, one.state), instant_text(one.created_at))
            for one in jobs.items
        ],
        empty=words._("No job was asked for yet."),
    )


def _deliveries(visit: Visit, deliveries: WebhookDeliveryList) -> Sheet:
    words = visit.words
    states = {
        "waiting": words._("Waits for its next try"),
        "delivered": words._("Arrived"),
        "dead": words._("Given up"),
    }
    return Sheet(
        title=words._("Messages to other systems"),
        columns=[
            Column(name=words._("Message")),
            Column(name=words._("Stands")),
            Column(name=words._("Tries"), kind="number"),
            Column(name=words._("Why")),
        ],
        rows=[
            (one.type, states.get(one.state, one.state), str(one.attempts), one.last_error)
            for one in deliveries.items
        ],
        empty=words._("No message was sent yet."),
    )


def redeliver(visit: Visit) -> Done:
    """Send a message again."""
    visit.write(WebhookDeliveryMade, "webhook-delivery.redeliver", delivery=visit.form.text("delivery"))
    return Done(to=visit.address("admin"), said="again")


def verify(visit: Visit) -> Done:
    """Ask for the whole book to be derived again and compared."""
    visit.write(JobMade, "job.verify", {})
    return Done(to=visit.address("admin"), said="asked")


PAGES = (
    Page(
        name="admin",
        path="/books/{book}/admin",
        show=show_admin,
        acts={"redeliver": redeliver, "verify": verify},
        said={
            "again": lambda words: words._("The message is sent again."),
            "asked": lambda words: words._("The book is being verified. The job below tells how it ends."),
        },
    ),
)
