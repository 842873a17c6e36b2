"""What a release of Home Assistant asks of threads: derived from its own sources, stored, loaded."""
