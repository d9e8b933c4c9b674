"""Read ink with pdfplumber and pdfminer, the second reader."""
