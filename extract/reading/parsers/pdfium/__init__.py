"""Read ink with pdfium, the first reader."""

from extract.reading.parsers.pdfium import library as library
