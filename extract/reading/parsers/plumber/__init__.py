"""Read ink with pdfplumber and pdfminer, the third reader."""
