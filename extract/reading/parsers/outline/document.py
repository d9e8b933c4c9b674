"""Open a PDF with pdfminer for one walk over its page tree, parsing as little as possible.

pdfminer parses all objects of an object stream when one of them is asked for, reads the labels of all pages, and opens
the resources of each: more than half of the time that counting pages took on the fixtures.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pdfminer.pdfdocument import PDFDocument, PDFNoPageLabels
from pdfminer.pdfpage import PDFPage
from pdfminer.pdfparser import PDFParser, PDFStreamParser
from pdfminer.pdftypes import PDFStream, dict_value, int_value

from extract.entities import Quad
from extract.reading.ink.affine import visible_box


class OutlineDocument(PDFDocument):  # type: ignore[misc]
    """pdfminer's document with object streams that are opened object by object, and without page labels."""

    def __init__(self, parser: PDFParser, password: str) -> None:
        self._opened: dict[int | None, tuple[PDFStreamParser, list[int], int]] = {}
        super().__init__(parser, password)  # reads the catalog at once

    def get_page_labels(self) -> Iterator[str]:
        """Yield nothing: a count needs no labels."""
        raise PDFNoPageLabels

    def _getobj_objstm(self, stream: PDFStream, index: int, objid: int) -> Any:
        """Parse one object of an object stream, at the offset in the stream's own table.

        Where the table does not name the object, pdfminer goes by the order of the objects.
        """
        if stream.objid not in self._opened:
            self._opened[stream.objid] = self._open_stream(stream)
        parser, table, first = self._opened[stream.objid]
        if table[2 * index : 2 * index + 1] != [objid]:
            return super()._getobj_objstm(stream, index, objid)
        parser.seek(first + table[2 * index + 1])
        return parser.nextobject()[1]

    def _open_stream(self, stream: PDFStream) -> tuple[PDFStreamParser, list[int], int]:
        """Return a parser of an object stream, its table of object numbers and offsets, and its data offset."""
        data = stream.get_data()
        parser = PDFStreamParser(data)
        parser.set_document(self)
        first = stream.get("First")
        if not isinstance(first, int):
            return parser, [], 0
        try:
            table = [int(number) for number in data[:first].split()]
        except ValueError:
            table = []
        return parser, table if len(table) % 2 == 0 else [], first


class OutlinePage(PDFPage):  # type: ignore[misc]
    """A page of the tree: its content streams must exist; of the rest only the annotations are read."""

    def __init__(self, doc: PDFDocument, pageid: object, attrs: object, label: str | None) -> None:
        self.attrs = dict_value(attrs)
        self.contents = self._parse_contents(self.attrs.get("Contents"))
        self.annots = self.attrs.get("Annots")

    def measure(self) -> tuple[Quad, int]:
        """Return the visible box of the page and its quarter turns."""
        media = self._parse_mediabox(self.attrs.get("MediaBox"))
        crop = self._parse_cropbox(self.attrs.get("CropBox"), media)
        return visible_box(media, crop), int_value(self.attrs.get("Rotate", 0)) % 360 // 90
