"""Name the version of the reader, apart from the reader itself: what only compares versions need not import it."""

READER_VERSION = "11"  # raised by every change of what a document reads as
