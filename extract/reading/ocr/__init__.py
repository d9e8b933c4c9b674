"""Recognise scans, for review by a person; nothing of it is loaded."""
