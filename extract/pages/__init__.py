"""PDF in, pages of ruled cells out (PageGrids): ink, rules, lattice, cells, glyphs placed and counted."""
