"""Agreements at the funder's desk: drafted, read five ways, signed, settled, disputed."""
