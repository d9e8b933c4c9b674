"""Define what a page paints: glyphs, rules, fills, images, in displayed coordinates."""
