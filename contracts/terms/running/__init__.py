"""Running: one engine, and the arithmetic of its cells."""
