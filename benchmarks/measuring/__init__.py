"""Measure what a benchmark does, and compare what it made."""
