"""What expressions stand for: our own resolver, and jedi for the receivers that it leaves open."""
