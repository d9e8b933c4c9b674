"""Build cells from ink: the lattice of rules, merged cells, glyphs placed in cells, text of cells."""
