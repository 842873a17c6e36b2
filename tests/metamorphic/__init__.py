"""Rewritings that keep what a program means, and the promise that findings survive them."""
