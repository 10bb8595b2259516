"""What may be observed under terms, as laws of chance: a document, its checks, and draws from it."""
