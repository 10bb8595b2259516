"""The search for an allocation: prices, cuts, small models, whole amounts."""
