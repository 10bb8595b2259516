"""Rows of the ground floor: tables, and the queries that find and keep facts in them."""
