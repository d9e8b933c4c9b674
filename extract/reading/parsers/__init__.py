"""Parse PDF bytes to ink with independent parsers, and to an outline with another."""
