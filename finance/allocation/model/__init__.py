"""The mixed-integer model of an allocation problem: matrix, bridge to PuLP, solver."""
