"""Sharing an outcome payment among actors."""
