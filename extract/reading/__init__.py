"""One PDF in, one Reading out: read, check, interpret. Knows no ledger and no database."""
