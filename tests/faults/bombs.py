"""Small files that cost a reader CPU or memory without end, made anew for each test; none is larger than 20 MB."""

from __future__ import annotations

import zlib
from collections.abc import Callable

from printed_tables import stream, write_pdf

MUCH = 800_000_000  # unpacked: more than a test's limit, and quickly made
FLATE = b"/Filter/FlateDecode"


def one_page(
    content: bytes, entries: bytes = b"", resources: bytes = b"", more: dict[int, bytes] | None = None
) -> bytes:
    """A page with one content stream; further objects are numbered from 10."""
    return write_pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 5 0 R>>%s>>/Contents 4 0 R>>"
            % resources,
            4: stream(content, entries),
            5: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            **(more or {}),
        }
    )


def deflate(unit: bytes, total: int) -> bytes:
    """`total` bytes of one unit repeated, packed without ever holding them."""
    packer = zlib.compressobj(1)
    block = unit * ((1 << 20) // len(unit))
    return b"".join(packer.compress(block) for _ in range(total // len(block))) + packer.flush()


def flate_one() -> bytes:
    return one_page(deflate(b" ", MUCH), FLATE)


def flate_twice() -> bytes:
    return one_page(zlib.compress(deflate(b" ", MUCH), 9), b"/Filter[/FlateDecode/FlateDecode]")


def flate_text_map() -> bytes:
    """The table of a font that says what its glyphs mean."""
    fonts = {
        10: b"<</Type/Font/Subtype/Type0/BaseFont/S/Encoding/Identity-H/DescendantFonts[11 0 R]/ToUnicode 12 0 R>>",
        11: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/S/CIDSystemInfo<</Registry<41>/Ordering<42>/Supplement 0>>>>",
        12: stream(deflate(b"<0041> <0041> ", MUCH), FLATE),
    }
    return one_page(b"BT /G 9 Tf 9 700 Td <0041> Tj ET", resources=b"/Font<</G 10 0 R>>", more=fonts)


def form_xobject_doubling() -> bytes:
    """Forms of which each draws the next one twice, 22 deep."""
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]"
    more = {10 + n: stream(b"/X Do /X Do", form + b"/Resources<</XObject<</X %d 0 R>>>>" % (11 + n)) for n in range(22)}
    more[32] = stream(b"0 0 5 5 re S", form)
    return one_page(b"/X Do", resources=b"/XObject<</X 10 0 R>>", more=more)


def form_xobject_itself() -> bytes:
    form = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X 10 0 R>>>>"
    return one_page(b"/X Do", resources=b"/XObject<</X 10 0 R>>", more={10: stream(b"/X Do", form)})


def rects() -> bytes:
    lines = b"".join(b"%d %d 3 3 re S " % (n % 600, n // 600 * 2 % 780) for n in range(200_000))
    return one_page(zlib.compress(lines, 9), FLATE)


def text_five_million() -> bytes:
    return one_page(deflate(b"BT /F 8 Tf 10 700 Td (" + b"A" * 50 + b") Tj ET ", 7_000_000), FLATE)


def png_predictor() -> bytes:
    """A content stream that pdfminer has to decode row by row, in Python."""
    return one_page(deflate(b"\2" + b" " * 99, 64 << 20), FLATE + b"/DecodeParms<</Predictor 15/Columns 99>>")


def nul() -> bytes:
    return b"%PDF-1.4\n" + bytes(16 << 20) + b"\n%%EOF\n"


def nested_arrays() -> bytes:
    return one_page(b"BT ET", more={10: b"[" * 100_000 + b"]" * 100_000}).replace(b"/Catalog", b"/Catalog/X 10 0 R")


def xref_itself() -> bytes:
    data = one_page(b"BT ET")
    return data.replace(b"trailer\n<<", b"trailer\n<</Prev %d" % data.index(b"xref\n0"))


def xref_pair() -> bytes:
    """Two tables that each name the other as the one before."""
    data = one_page(b"BT ET")
    first = data.index(b"xref\n0")
    table = data[first : data.index(b"trailer")]
    head = data.replace(b"trailer\n<<", b"trailer\n<</Prev %010d" % 0)
    second = len(head)
    head = head.replace(b"/Prev %010d" % 0, b"/Prev %010d" % second)
    return head + table + b"trailer\n<</Size 6/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (first, second)


def xref_two_billion() -> bytes:
    return one_page(b"BT ET").replace(b"xref\n0 6", b"xref\n0 2000000000")


def pagetree_cycle() -> bytes:
    return write_pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Pages/Parent 2 0 R/Kids[2 0 R]/Count 1>>",
        }
    )


def pagetree_doubling() -> bytes:
    """Twenty levels of which each names the next one twice: a million pages."""
    page = b"<</Type/Page/Parent 29 0 R/MediaBox[0 0 600 800]/Contents 5 0 R>>"
    levels = {10 + n: b"<</Type/Pages/Parent 2 0 R/Kids[%d 0 R %d 0 R]/Count 1>>" % (11 + n, 11 + n) for n in range(20)}
    top = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Kids[10 0 R 10 0 R]/Count 2097152>>"}
    return write_pdf({**top, 5: stream(b"BT ET"), **levels, 30: page})


def pagetree_one_page_often() -> bytes:
    return one_page(b"BT ET").replace(b"/Kids[3 0 R]/Count 1", b"/Kids[" + b"3 0 R " * 100_000 + b"]/Count 100000")


MEMORY: tuple[Callable[[], bytes], ...] = (flate_one, flate_twice, flate_text_map)
TIME: tuple[Callable[[], bytes], ...] = (
    form_xobject_doubling,
    form_xobject_itself,
    rects,
    text_five_million,
    png_predictor,
    nul,
    nested_arrays,
)
CYCLES: tuple[Callable[[], bytes], ...] = (
    xref_itself,
    xref_pair,
    xref_two_billion,
    pagetree_cycle,
    pagetree_doubling,
    pagetree_one_page_often,
)
