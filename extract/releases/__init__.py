"""Releases on a shelf: written privately, checked, kept, and one of them served. Folders for DuckDB, schemas for PostgreSQL."""
