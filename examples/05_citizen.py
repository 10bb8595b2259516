"""A citizen recomputes published deals from their terms and results, without any database."""

from almoner.contracts.results import list_deals, read_results, read_terms
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.pay import Determined, replay
from almoner.finance.money import decimal_count, decimal_text

for deal in list_deals():
    program = compile_terms(read_terms(deal))
    results = read_results(deal)
    events = tuple(
        Determined(
            metric=row.metric,
            period=row.period,
            value=decimal_count(row.value, program.metrics[row.metric].type.digits),
        )
        for row in results.results
    )
    last = replay(program, events)
    digits, unit = program.unit.digits, program.unit.unit
    paid = decimal_text(sum(last.state.obligated.values()), digits)
    most = decimal_text(prove(program).maximum, digits)
    same = "as published" if paid == results.published.paid else f"published: {results.published.paid}"
    print(f"{deal}: paid {paid} {unit} of at most {most} {unit}, {same}")
