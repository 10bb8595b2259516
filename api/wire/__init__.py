"""Request and reply models of the HTTP doors; amounts are decimal strings."""
