"""Print cells to a ruled PDF with the fault that a test needs: another text layer, no text layer, a password."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

HEADERS = ("用款单位", "项目名称", "金额（元）", "三级指标", "年度指标值")
TITLE = "某区党群工作部2025年预算项目绩效目标"
COLUMNS = (30.0, 170.0, 330.0, 420.0, 620.0, 810.0)
PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")  # of the PDF standard

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Scan:
    """A page that is a picture of a table and holds no text."""


@dataclass(frozen=True, slots=True)
class Font:
    """Glyph numbers of the characters used, and what the text layer says that each of them is."""

    numbers: dict[str, int]
    says: Callable[[str], str]

    def encode(self, text: str) -> bytes:
        return b"".join(b"%04X" % self.numbers.setdefault(char, len(self.numbers) + 1) for char in text)

    def to_unicode(self) -> bytes:
        lines = b"".join(
            b"<%04X> <%s>\n" % (n, self.says(char).encode("utf-16-be", "surrogatepass").hex().upper().encode())
            for char, n in self.numbers.items()
        )
        head = b"/CIDInit /ProcSet findresource begin begincmap /CMapName /X def /CMapType 2 def\n"
        space = b"1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        return head + space + b"%d beginbfchar\n" % len(self.numbers) + lines + b"endbfchar endcmap end\n"


def print_table(
    *pages: Sequence[Row] | Scan,
    title: str = TITLE,
    headers: Row = HEADERS,
    says: Callable[[str], str] = str,
    password: str | None = None,
) -> bytes:
    """A PDF of these pages; `says` changes what the text layer calls a character, not which glyph is drawn."""
    font = Font({}, says)
    scan = b"q 780 0 0 400 30 150 cm /Scan Do Q"
    contents = [scan if isinstance(p, Scan) else _draw(font, title, headers, p) for p in pages]
    kids = b" ".join(b"%d 0 R" % (10 + 2 * n) for n in range(len(pages)))
    objects = {
        1: b"<</Type/Catalog/Pages 2 0 R>>",
        2: b"<</Type/Pages/Kids[%s]/Count %d>>" % (kids, len(pages)),
        3: b"<</Type/Font/Subtype/Type0/BaseFont/Song/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 5 0 R>>",
        4: b"<</Type/Font/Subtype/CIDFontType2/BaseFont/Song/CIDSystemInfo 6 0 R/FontDescriptor 7 0 R/DW 1000>>",
        5: stream(font.to_unicode()),
        6: b"<</Registry<41646F6265>/Ordering<4964656E74697479>/Supplement 0>>",
        7: b"<</Type/FontDescriptor/FontName/Song/Flags 4/FontBBox[0 -200 1000 900]/ItalicAngle 0/Ascent 880"
        b"/Descent -120/CapHeight 700/StemV 80>>",
        8: stream(
            _picture(), b"/Type/XObject/Subtype/Image/Width 400/Height 200/ColorSpace/DeviceGray/BitsPerComponent 8"
        ),
    }
    for n, content in enumerate(contents):
        objects[10 + 2 * n] = (
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 842 595]/Contents %d 0 R"
            b"/Resources<</Font<</F 3 0 R>>/XObject<</Scan 8 0 R>>>>>>" % (11 + 2 * n)
        )
        objects[11 + 2 * n] = stream(content)
    return write_pdf(objects, password=password)


def _draw(font: Font, title: str, headers: Row, rows: Sequence[Row]) -> bytes:
    drawn = [b"BT /F 14 Tf 200 560 Td <%s> Tj ET" % font.encode(title), b"0.8 w"]
    heights = [530.0 - 30 * n for n in range(len(rows) + 2)]
    drawn += [b"%g %g m %g %g l S" % (COLUMNS[0], y, COLUMNS[-1], y) for y in heights]
    drawn += [b"%g %g m %g %g l S" % (x, heights[0], x, heights[-1]) for x in COLUMNS]
    for y, row in zip(heights, [headers, *rows], strict=False):
        for (left, _), text in zip(pairwise(COLUMNS), row, strict=True):
            drawn.append(b"BT /F 7 Tf %g %g Td <%s> Tj ET" % (left + 3, y - 18, font.encode(text)))
    return b"\n".join(drawn)


def _picture() -> bytes:
    """A table as a scanner sees it: dark lines on light ground."""
    return b"".join(b"\x10" * 400 if y % 40 < 2 else (b"\x10\x10" + b"\xf0" * 78) * 5 for y in range(200))


def stream(data: bytes, entries: bytes = b"") -> bytes:
    """A stream object's body."""
    return b"<<" + entries + b"/Length %d>>\nstream\n" % len(data) + data + b"\nendstream"


def write_pdf(objects: dict[int, bytes], *, trailer: bytes = b"", password: str | None = None) -> bytes:
    """Objects by number to a file, object 1 the catalogue; `password`: streams are encrypted (RC4, 40 bit)."""
    identity = hashlib.md5(b"jixiao", usedforsecurity=False).digest()
    if password is not None:
        key, entries = _lock(password.encode(), identity)
        objects = {n: _encrypt(body, key, n) for n, body in objects.items()}
        objects[max(objects) + 1] = entries
        trailer += b"/Encrypt %d 0 R/ID[<%s><%s>]" % (max(objects), identity.hex().encode(), identity.hex().encode())
    data, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), {}
    for number, body in sorted(objects.items()):
        places[number] = len(data)
        data += b"%d 0 obj\n" % number + body + b"\nendobj\n"
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n" % (max(objects) + 1)
    for number in range(1, max(objects) + 1):
        data += b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 65535 f \n"
    data += b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (max(objects) + 1, trailer, start)
    return bytes(data)


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _lock(password: bytes, identity: bytes) -> tuple[bytes, bytes]:
    """Key and encryption dictionary of the standard handler, revision 2; the owner has the same password."""
    padded = (password + PADDING)[:32]
    owner = _rc4(_md5(padded)[:5], padded)
    key = _md5(padded + owner + (-4).to_bytes(4, "little", signed=True) + identity)[:5]
    user = _rc4(key, PADDING)
    entries = b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (owner.hex().encode(), user.hex().encode())
    return key, entries


def _encrypt(body: bytes, key: bytes, number: int) -> bytes:
    if b"stream\n" not in body:
        return body
    head, _, rest = body.partition(b"stream\n")
    data = rest.removesuffix(b"\nendstream")
    one = _md5(key + number.to_bytes(3, "little") + b"\0\0")[:10]
    return head + b"stream\n" + _rc4(one, data) + b"\nendstream"


def _rc4(key: bytes, data: bytes) -> bytes:
    state, j = list(range(256)), 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
