"""Lowering: from the tree of a document to the nodes of a program."""
