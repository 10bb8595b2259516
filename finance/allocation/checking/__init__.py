"""Independent checks: every rule in whole numbers, the worth, the certificate, the standalone verifier."""
