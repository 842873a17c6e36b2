"""Questions that somebody with a cursor asks of a finished analysis; nothing here changes what is inferred."""
