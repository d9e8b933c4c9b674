"""Jixiao: from published PDF to a typed, traceable row.

What passes between two stages is a frozen type of `extract.entities`; what goes wrong is an exception of
`extract.errors`. Importing this package imports nothing heavy.
"""

__version__ = "0.1.0"
