"""Rows of the contracts floor: tables, and the queries that find and keep facts in them."""
