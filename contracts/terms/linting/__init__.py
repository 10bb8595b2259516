"""Linting: checks of sound terms, one file for each kind."""
