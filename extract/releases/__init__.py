"""Releases on a shelf, one of them served: folders for DuckDB, schemas for PostgreSQL."""
