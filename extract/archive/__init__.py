"""Store bytes: documents by hash, readings, bucket or folder."""
