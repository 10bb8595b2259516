"""The term language: one JSON document says who pays whom, how much, on which verified facts."""
