"""A hub learns before writing whether it may compete, and afterwards why it ranks where it does."""

from almoner.challenges import Brief, check_eligibility, rank_by_mean, read_marks

BRIEF = """
{"schema": "almoner.brief/1", "challenge_id": "clean-water", "version": 1, "title": "Clean water",
 "unit": "USD", "fund": "water",
 "goal": {"metric": "safe_water_days", "baseline": "212", "target": "320", "unit": "day", "by": "2029-12-31"},
 "phases": [
  {"id": "apply", "kind": "application",
   "opens_at": "2027-01-11T09:00+03:00", "closes_at": "2027-03-01T17:00+03:00"},
  {"id": "panel", "kind": "review", "judging": "panel", "reads_per_application": 2, "rubric": "merit/1",
   "opens_at": "2027-03-08T09:00+03:00", "closes_at": "2027-04-12T17:00+03:00"}],
 "eligibility": {"all": [
  {"fact": "lead.registered_since_days", "op": ">=", "value": 730, "clause": "2.1",
   "evidence_asked": ["registration"], "cure_days": 10},
  {"not": {"fact": "lead.kind", "op": "in", "value": ["government"], "clause": "2.3"}}]},
 "rubric": {"id": "merit/1", "scale": {"lo": "1", "hi": "5", "step": "0.5", "direction": "higher"},
  "traits": [
  {"id": "reach", "title": "Reach", "weight_bp": 6000, "anchors": [
   {"lo": "1", "hi": "2", "text": "a village"}, {"lo": "2.5", "hi": "3.5", "text": "a district"},
   {"lo": "4", "hi": "5", "text": "a province"}]},
  {"id": "proof", "title": "Proof", "weight_bp": 4000, "anchors": [
   {"lo": "1", "hi": "2", "text": "told"}, {"lo": "2.5", "hi": "3.5", "text": "counted"},
   {"lo": "4", "hi": "5", "text": "verified"}]}]},
 "prizes": [{"kind": "places", "phase": "panel", "amounts": ["100000.00", "50000.00"]}]}
"""

brief = Brief.read(BRIEF)
rule = brief.eligibility
if rule is None:
    raise SystemExit("the brief lets everybody in")
known: dict[str, bool | int | str] = {"lead.kind": "network"}
for facts in (known, known | {"lead.registered_since_days": 900}):
    finding = check_eligibility(rule, facts)
    print(f"{finding.status}; documents asked: {', '.join(finding.evidence_asked) or 'none'}")

rubric = brief.rubric_of("panel")
marks = {
    "river-trust": [{"reach": "4", "proof": "3.5"}, {"reach": "4.5", "proof": "3"}],
    "delta-wells": [{"reach": "3", "proof": "5"}, {"reach": "3", "proof": "4.5"}],
}
scores = [
    score
    for hub, reads in marks.items()
    for number, read in enumerate(reads, start=1)
    for score in read_marks(rubric, application_id=hub, judge_id=f"judge-{number}", marks=read)
]
for standing in rank_by_mean(scores, rubric).standings:
    mean, error = float(standing.mean), standing.standard_error
    print(f"{standing.rank}. {standing.application_id}: {mean:.2f} +- {error:.2f}")
