"""Rows of the doors: persons, roles, keys, commands, jobs, deliveries."""
