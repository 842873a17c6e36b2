"""The language server: the only part of offloop that knows the protocol."""
