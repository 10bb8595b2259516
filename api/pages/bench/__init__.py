"""The bench: what an evaluator, a resolver or a judge has to look at, and where they say what they found."""
