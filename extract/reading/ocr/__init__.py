"""Recognise scans, for review by a person; recognised text is never loaded."""
