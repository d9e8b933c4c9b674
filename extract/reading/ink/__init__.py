"""What a page paints: glyphs, rules, fills, pictures, in the coordinates in which people read."""
