"""Measurements of the library against named baselines in the same run."""
