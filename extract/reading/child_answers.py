"""Execute one request inside the reading child: read, draw or count a document; every error becomes an answer.

An answer has a head, a small object that names its kind, and a body: the text of a reading, grids as JSON, or a PNG.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from extract.errors import Reason, Refused
from extract.limits import Limits

Answer = tuple[dict[str, Any], bytes]


def answer_request(request: dict[str, Any], document: str, limits: Limits) -> Answer:
    """Execute one request and return head and body of the answer; a refusal or an error is an answer too."""
    path = Path(document)
    try:
        if request["wanted"] == "pages":
            return {"pages": _count_pages(path)}, b""
        if request["wanted"] == "picture":
            from extract.reading.drawing.page_picture import draw_request

            sizes, picture = draw_request(request, path, limits)
            return {"picture": sizes}, picture
        return _read_grids(path, request, limits) if request["wanted"] == "grids" else _read(path, request, limits)
    except Refused as refusal:
        from extract.reading.exchange import refusal_to_dict

        return refusal_to_dict(refusal), b""
    except MemoryError:
        return {"refused": Reason.MEMORY.value, "detail": f"more than {limits.memory} bytes", "page": None}, b""
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}, b""


def check_limits(path: Path, password: str | None, limits: Limits) -> None:
    """Raise Refused (too_large) where the file has too many pages; readers count those that they open anyway."""
    from extract.reading.pages import check_file
    from extract.reading.parsers.outline.page_count import count_by_pdfium

    check_file(path, limits.size)
    pages = count_by_pdfium(path, password)
    if pages is not None and pages > limits.pages:
        raise Refused(Reason.TOO_LARGE, f"{pages} pages, more than {limits.pages}")


def _count_pages(path: Path) -> int:
    """Return the number of pages, 0 where pdfium cannot open the file, also for want of a password."""
    from extract.reading.parsers.outline.page_count import count_by_pdfium

    try:
        return count_by_pdfium(path, None) or 0
    except (OSError, MemoryError):
        return 0


def _read_grids(path: Path, request: dict[str, Any], limits: Limits) -> Answer:
    from extract.reading.document import read_grids
    from extract.reading.exchange import grids_to_dicts

    pages = read_grids(path, reader=request["reader"], password=request["password"], limits=limits)
    return {"grids": len(pages)}, json.dumps(grids_to_dicts(pages), ensure_ascii=False).encode()


def _read(path: Path, request: dict[str, Any], limits: Limits) -> Answer:
    from extract.reading.document import read_document
    from extract.reading.exchange import answer_from_dict, reading_to_json

    reader, password = request["reader"], request["password"]
    if reader == "ocr":
        from extract.reading.ocr.recognise import recognise_document

        check_limits(path, password, limits)
        reading = recognise_document(path, password)
    else:
        share, answers = request["share"], [answer_from_dict(one) for one in request["answers"]]
        reading = read_document(
            path,
            reader=reader,
            password=password,
            second_reader_share=share,
            limits=limits,
            answers=answers,
            names=request.get("names", ()),
        )
    return {"reading": reading.page_count}, reading_to_json(reading).encode()
