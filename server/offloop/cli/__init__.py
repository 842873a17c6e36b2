"""The command line: one of the two front doors; the language server is the other."""
