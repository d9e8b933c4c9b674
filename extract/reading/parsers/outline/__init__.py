"""Read a document's outline with pdfminer: pages, layers, annotations."""
