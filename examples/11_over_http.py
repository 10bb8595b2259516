"""From the first gift to the payout of a verified result, over HTTP alone, by eleven people who sign in.

Whoever acts has an account, a password and one role; what takes two people is done by two. The server, its
worker and a receiver of webhooks run on this machine; people, organisations and figures are invented.
"""

import argparse
from tempfile import mkdtemp

from journey.installation import installed
from journey.story import Story
from journey.wire import Wire

parser = argparse.ArgumentParser(description=__doc__)
fresh = f"sqlite:///{mkdtemp()}/journey.db"
parser.add_argument("--db", default=fresh, help="address of an empty database")
asked = parser.parse_args()

with installed(asked.db) as here, Wire(here.url) as wire:
    story = Story(here, wire)
    story.open_house()
    print(f"{len(story.people)} people, each with a password and a role of their own.")
    print(f"The fund has {story.give_money()['free']} USD.")
    print(f"{story.publish()['title']}: prizes of 50000.00 USD are covered.")
    print(f"{len(story.apply())} applications came in.")
    plan = story.seat()
    print(f"{plan['reads']} reads are assigned, {plan['lacking']} lack; {story.score()} are done.")
    prize = story.award()
    print(f"{prize['application']} is paid its prize of {prize['paid']} USD.")
    pact = story.agree()
    print(f"The agreement is {pact['state']}: at most {pact['sources'][0]['most']} USD.")
    print(f"Claimed: {story.claim()['results'][0]['value']} days of safe water.")
    print(f"The laboratory's signed determination is {story.determine()['state']}.")
    (payout,) = story.settle()["payouts"]
    print(f"Settled: {payout['amount']} USD to {payout['payee']}, {payout['status']}.")
    told = story.hear()
    money = told["data"]["money"]
    print(f"The hub is told, signed and verified: {told['type']} of {money['amount']} {money['unit']}.")
    (line,) = story.statement()["payouts"]
    print(f"Its statement shows {line['done']} {line['unit']} {line['status']} for {line['claim']}.")
    (gift,) = story.follow(payout["id"])["contributions"]
    print(f"It was {gift['amount']} USD of the money of {gift['giver']}, read with an API key.")
    found = story.verify()
    state = "verified" if found["verified"] else f"not in order: {found['findings']}"
    print(f"{found['postings']} postings in {found['transactions']} transactions; the log is {state}.")
