"""Find glyphs that are lost, cut, covered or drawn as strokes on a page."""
