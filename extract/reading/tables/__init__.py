"""Pages of ruled cells in, records out: header words, flat tables, forms, stitching over pages."""
