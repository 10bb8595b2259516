"""Proving: what caps sums, and what attains them."""
