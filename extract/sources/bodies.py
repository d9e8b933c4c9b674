"""Decompress the body of a response, at most `PIECE` bytes at a time.

httpx decompresses each received chunk whole: 285 bytes that are compressed three times become 3 GB of memory before
they can be counted. So a body with more than one Content-Encoding is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

import httpx

PIECE = 1 << 20
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS
_PACKED = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}


def read_body(answer: httpx.Response) -> Iterator[bytes]:
    """Yield the decompressed body in pieces of at most `PIECE` bytes.

    Raises DecodingError if it is compressed twice, contradicts its Content-Encoding, or is cut off.
    """
    said = [one.strip().lower() for one in answer.headers.get("content-encoding", "").split(",")]
    packings = [one for one in said if one in _PACKED]  # others are none that were asked for: taken as it is
    if len(packings) > 1:
        raise httpx.DecodingError(f"packed {len(packings)} times, at most once is unpacked", request=answer.request)
    if not packings:
        yield from answer.iter_raw()
        return
    try:
        yield from _unpack(answer.iter_raw(), _PACKED[packings[0]])
    except zlib.error as error:
        raise httpx.DecodingError(f"{packings[0]}: {error}", request=answer.request) from error


def _unpack(pieces: Iterator[bytes], bits: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(bits)
    has_begun = False
    for piece in pieces:
        left = piece
        while left:
            if unpacker.eof:
                if bits != _GZIP:
                    return  # what follows the end is not part of it
                unpacker = zlib.decompressobj(bits)  # gzip may be several, one after the other
            try:
                made = unpacker.decompress(left, PIECE)
            except zlib.error:
                if has_begun or bits != _ZLIB:
                    raise
                bits = _RAW  # as some servers understand the word
                unpacker = zlib.decompressobj(bits)
                made = unpacker.decompress(left, PIECE)
            has_begun = True
            left = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
            if made:
                yield made
    while has_begun and not unpacker.eof:
        made = unpacker.decompress(b"", PIECE)
        if not made:
            raise zlib.error("ends before its end")
        yield made
