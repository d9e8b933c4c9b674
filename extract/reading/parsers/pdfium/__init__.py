"""Read ink with pdfium, the first reader."""
