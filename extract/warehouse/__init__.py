"""Readings in, marts out: stage rows, value the printed targets, match projects, run dbt."""
