"""Evidence, risk and learning: effects from verified outcomes, cautious plans, re-allocation, frontiers."""
