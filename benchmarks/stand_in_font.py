"""Write the font that stands in for fonts that are not in a document (extract/reading/parsers/pdfium/fonts).

One narrow upright bar for every character of Unicode. It is narrower than any character, so pdfium takes the widths
that the document gives, and it is as high as a digit, so no text object is without a size. It says that it has the
characters of all East Asian code pages: pdfium looks for a font by these.
"""

from __future__ import annotations

import struct
from pathlib import Path

TARGET = Path(__file__).parents[1] / "extract/reading/parsers/pdfium/fonts/stand-in.ttf"
NAME = "Jixiao Stand-In"
EM_UNITS, BAR_UNITS, HIGH_UNITS, ASCENT_UNITS, DESCENT_UNITS = 1000, 20, 700, 880, -120
CODE_PAGES = (
    1 | 1 << 17 | 1 << 18 | 1 << 19 | 1 << 20 | 1 << 21
)  # Latin 1, Japanese, both Chinese, Korean (Wansung, Johab)
MAGIC, DATES = 0x5F0F3CF5, (0, 0)


def make_tables() -> dict[bytes, bytes]:
    """Return the tables of a TrueType font of two glyphs, .notdef and the bar, which look the same."""
    bar = struct.pack(">hhhhh", 1, 0, 0, BAR_UNITS, HIGH_UNITS)  # one outline and the box around it
    bar += struct.pack(">HH", 3, 0)  # its last point; no instructions
    bar += bytes([1, 1, 1, 1])  # four points on the outline
    bar += struct.pack(">hhhh", 0, 0, BAR_UNITS, 0) + struct.pack(">hhhh", 0, HIGH_UNITS, 0, -HIGH_UNITS)
    bar += bytes(-len(bar) % 4)
    box = (0, 0, BAR_UNITS, HIGH_UNITS)
    groups = struct.pack(">HHIIIIII", 13, 0, 28, 0, 1, 0, 0x10FFFF, 1)  # format 13: many characters, one glyph
    name = NAME.encode("utf-16-be")
    records = [(1, name), (2, "Regular".encode("utf-16-be")), (4, name), (6, NAME.replace(" ", "").encode("utf-16-be"))]
    names, texts = b"", b""
    for number, text in records:
        names += struct.pack(">HHHHHH", 3, 1, 0x409, number, len(text), len(texts))
        texts += text
    head = struct.pack(">IIIIHHqq", 0x10000, 0x10000, 0, MAGIC, 0, EM_UNITS, *DATES)
    head += struct.pack(">hhhhHHhhh", *box, 0, 8, 2, 1, 0)
    os2 = struct.pack(">HhHHH", 1, EM_UNITS, 400, 5, 0) + bytes(22) + bytes(10) + struct.pack(">IIII", 0, 0, 0, 0)
    os2 += b"NONE" + struct.pack(">HHH", 0x40, 0, 0xFFFF)
    os2 += struct.pack(">hhhHH", ASCENT_UNITS, DESCENT_UNITS, 0, ASCENT_UNITS, -DESCENT_UNITS)
    os2 += struct.pack(">II", CODE_PAGES, 0)
    return {
        b"OS/2": os2,
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12) + groups,
        b"glyf": bar + bar,
        b"head": head,
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, ASCENT_UNITS, DESCENT_UNITS, 0, EM_UNITS, *[0] * 11, 2),
        b"hmtx": struct.pack(">HhHh", EM_UNITS, 0, EM_UNITS, 0),
        b"loca": struct.pack(">III", 0, len(bar), 2 * len(bar)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        b"name": struct.pack(">HHH", 0, len(records), 6 + len(names)) + names + texts,
        b"post": struct.pack(">IIhhIIIII", 0x30000, 0, 0, 0, 0, 0, 0, 0, 0),
    }


def add_up(data: bytes) -> int:
    """Return the checksum of a table."""
    padded = data + bytes(-len(data) % 4)
    return sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF


def make_font() -> bytes:
    """Return the bytes of the font file."""
    tables = make_tables()
    count = len(tables)
    largest = 1 << count.bit_length() - 1
    header = struct.pack(">IHHHH", 0x10000, count, largest * 16, largest.bit_length() - 1, (count - largest) * 16)
    place, entries, body = 12 + 16 * count, b"", b""
    head_at = 0
    for tag, data in tables.items():
        if tag == b"head":
            head_at = place + len(body)
        entries += tag + struct.pack(">III", add_up(data), place + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    font = bytearray(header + entries + body)
    font[head_at + 8 : head_at + 12] = struct.pack(">I", (0xB1B0AFBA - add_up(bytes(font))) & 0xFFFFFFFF)
    return bytes(font)


if __name__ == "__main__":
    TARGET.write_bytes(make_font())
