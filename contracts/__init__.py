"""Second floor: what is promised, measured, believed, and therefore due."""
