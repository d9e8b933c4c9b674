"""Releases on a shelf, one of them served, and everything that reads a release."""
