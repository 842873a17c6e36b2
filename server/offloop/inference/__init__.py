"""In which context each function runs: calls, hand-offs and entry points joined into one program."""
