"""Start pdfium without system fonts, so that a reading does not depend on the machine.

For a font that is not in the document pdfium takes one of the machine's, and its boxes of glyphs, its text objects of
one letter and the image of a page differ from machine to machine. The one font that it finds here draws a narrow bar
for every character (benchmarks/stand_in_font.py makes it); widths come from the document.
"""

from __future__ import annotations

import ctypes
from pathlib import Path

import pypdfium2.raw as pdfium
from pypdfium2.internal import bases

FONTS = Path(__file__).with_name("fonts")
CONFIG_VERSION = 2


def start_library() -> None:
    """Restart pdfium, which pypdfium2 has started with the fonts of the machine; no document may be open."""
    if any(reference() is not None for references in bases.ObjectTracker.values() for reference in references):
        raise RuntimeError("pdfium is in use: import extract.reading before opening a document")
    paths = (ctypes.c_char_p * 2)(bytes(FONTS), None)
    config = pdfium.FPDF_LIBRARY_CONFIG(version=CONFIG_VERSION)
    config.m_pUserFontPaths = ctypes.cast(paths, type(config.m_pUserFontPaths))
    pdfium.FPDF_DestroyLibrary()
    pdfium.FPDF_InitLibraryWithConfig(config)
    _kept.append(paths)


_kept: list[object] = []  # pdfium keeps the addresses
start_library()
