"""Discover and land: publishers' sites, folders and buckets."""
