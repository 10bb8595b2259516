"""A funder writes payment terms, sees what they may cost, and pays them: one document, five readings."""

import numpy as np

from almoner.contracts.mechanisms import Route, calendar, cap_contract, metric, obs, rate, terms, unit_price
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.lint import check
from almoner.contracts.terms.observing import Observation
from almoner.contracts.terms.outputs import Output, read_output
from almoner.contracts.terms.pay import pay
from almoner.contracts.terms.simulate import Given, run
from almoner.contracts.terms.wording import render
from almoner.contracts.terms.words.sheet import sheet_text

ROUTE = Route(payer="city", payee="home", money="USD/2", basis="cumulative", title="Nights indoors")
document = terms(
    title="Nights in a safe place",
    parties={
        "city": {"role": "outcome_payer", "name": "City of Ash"},
        "home": "service_provider",
        "lab": "evaluator",
    },
    calendar=calendar("2027-01-01", "2027-12-31"),
    rounding="half_even",
    parts=[
        metric("nights", unit="night/0", most="40000", pool="sum", method="shelter register, audited"),
        unit_price(
            name="stay",
            of=obs("nights"),
            price=rate("15.12", "USD/2", "night/0"),
            unit="night/0",
            route=ROUTE,
        ),
        cap_contract(name="most", most="500000.00"),
    ],
)

program = compile_terms(document)
proof = prove(program)
print(f"at most {proof.maximum / 100:,.2f} USD ({proof.label})")

for finding in check(document):
    print(f"{finding.code} {finding.path}: {finding.message}")

outturn = pay(program, [Observation(metric="nights", value=12457)])
print(f"12,457 nights pay {read_output(outturn, Output('paid')) / 100:,.2f} USD")

drawn = np.random.Generator(np.random.Philox(7)).binomial(40_000, 0.826, size=(1, 1, 100_000))
paths = run(program, Given({"nights": drawn}), paths=100_000, wanted=[Output("paid"), Output("stay.cut")])
print(f"the limit binds in {(paths[Output('stay.cut')] > 0).mean():.1%} of 100,000 paths")

print("\n".join(sheet_text(render(document)).splitlines()[:8]))
