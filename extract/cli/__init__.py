"""Serve people: the `jixiao` command, its help and what it prints."""
