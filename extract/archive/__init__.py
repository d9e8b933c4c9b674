"""Bytes at rest: documents by their hash and readings by theirs, in a folder or in a bucket that machines share."""
