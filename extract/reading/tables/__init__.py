"""Interpret pages of ruled cells as records: header words, flat tables, forms, joins over page breaks."""
