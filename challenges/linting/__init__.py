"""Linting: checks of a sound brief before it is published, one file for each kind."""
