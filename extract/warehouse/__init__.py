"""Stage, value, build: readings to marts."""
