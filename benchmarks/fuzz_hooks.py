"""What the fuzzer has to be told: how deep to look for places to break in a body that holds itself.

The problem: it lists every way through a schema before its first wrong body, and a term holds expressions
that hold expressions, so the list has no end within a lifetime. Twelve steps reach every member of a term.
"""

from schemathesis.specs.openapi.negative import mutations

mutations.MAX_WALK_DEPTH = 12
