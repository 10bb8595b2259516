"""Reasons: why funded, why not, what would have to be true, sensitivity, overrides, coalitions."""
