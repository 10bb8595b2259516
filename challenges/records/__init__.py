"""Rows of the challenges floor: tables, and the queries that find and keep facts in them."""
