"""Ink in, cells out: the lattice of rules, merged cells, glyphs placed in cells, text of cells."""
