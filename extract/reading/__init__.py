"""Read and interpret: one PDF to one Reading; knows no ledger."""
