"""A citizen recomputes published deals from their terms and results, without any database."""

from almoner.api.demo.stories import list_deals, read_story, read_terms
from almoner.contracts.terms.bounds import prove
from almoner.contracts.terms.compiled import compile_terms
from almoner.contracts.terms.observing import Observation, read_value
from almoner.contracts.terms.pay import replay
from almoner.finance.money import decimal_text

for deal in list_deals():
    program = compile_terms(read_terms(deal))
    story = read_story(deal)
    found = [
        Observation(
            metric=row.metric,
            period=row.period if program.metrics[row.metric].by_period else "",
            value=read_value(row.metric, program.metrics[row.metric], row.value),
            id=row.claim,
        )
        for row in story.results
    ]
    last = replay(program, found)
    kind = program.clauses[0].unit
    paid = decimal_text(sum(last.state.obligated.values()), kind.digits)
    most = decimal_text(prove(program).maximum, kind.digits)
    same = "as published" if paid == story.published.paid else f"published: {story.published.paid}"
    print(f"{deal}: paid {paid} {kind.unit} of at most {most} {kind.unit}, {same}")
