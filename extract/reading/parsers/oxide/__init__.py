"""Read ink with pdf_oxide, the second reader."""
