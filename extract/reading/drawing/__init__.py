"""Draw a page with marks: cells that were found, or what a stage made of it."""
