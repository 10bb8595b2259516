"""Simple rules on the same problem: greedy, proportional, equal shares, elections, strategies."""
