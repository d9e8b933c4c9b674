"""Requests as JSON lines on stdin in, one JSON answer per line on stdout out: the process that meets the PDFs.

`python -m extract.reading.worker` is started by sandbox.py. It limits itself before it imports any parser.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from extract.errors import Reason, Refused
from extract.reading.process_limits import apply_limits
from extract.settings import Limits

GRACE_SECONDS = 5  # the parent ends a late child; this ends one whose parent was killed, in the middle of any C code


def main() -> int:
    """Serve until stdin ends. Standard output is kept for answers alone: parsers print where they like."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    limits = Limits(**json.loads(sys.argv[1]))
    apply_limits(limits)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_REAL, limits.seconds + GRACE_SECONDS)
        request = json.loads(line)
        answer = _count_pages(Path(request["count"])) if "count" in request else _answer(request, limits)
        answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
        answers.flush()
        signal.setitimer(signal.ITIMER_REAL, 0)
    return 0


def check_limits(path: Path, password: str | None, limits: Limits) -> None:
    """Raises Refused (too_large) where the file is too long; files that pdfium cannot open are refused elsewhere."""
    from extract.reading.pages import check_file
    from extract.reading.parsers.outline.page_count import count_by_pdfium

    check_file(path, limits.size)
    pages = count_by_pdfium(path, password)
    if pages is not None and pages > limits.pages:
        raise Refused(Reason.TOO_LARGE, f"{pages} pages, more than {limits.pages}")


def _count_pages(path: Path) -> dict[str, int]:
    """How many pages a document has, 0 where pdfium cannot open it, be it for want of a password."""
    from extract.reading.parsers.outline.page_count import count_by_pdfium

    try:
        return {"pages": count_by_pdfium(path, None) or 0}
    except (OSError, MemoryError):
        return {"pages": 0}


def _answer(request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Read one document; every ending is an answer, except those of a killed process."""
    from extract.reading.document import read_document, read_grids
    from extract.reading.exchange import answer_from_dict, grids_to_dicts, reading_to_json, refusal_to_dict

    try:
        path = Path(request["path"])
        check_limits(path, request["password"], limits)
        if request["wanted"] == "grids":
            pages = read_grids(path, reader=request["reader"], password=request["password"], limits=limits)
            return {"grids": grids_to_dicts(pages)}
        if request["reader"] == "ocr":
            from extract.reading.ocr.recognise import recognise_document

            reading = recognise_document(path, request["password"])
        else:
            share = request.get("share", 1.0)
            answers = [answer_from_dict(one) for one in request.get("answers", ())]
            reading = read_document(
                path,
                reader=request["reader"],
                password=request["password"],
                second_reader_share=share,
                limits=limits,
                answers=answers,
            )
        return {"reading": reading_to_json(reading)}
    except Refused as refusal:
        return refusal_to_dict(refusal)
    except MemoryError:
        return {"refused": Reason.MEMORY.value, "detail": f"more than {limits.memory} bytes", "page": None}
    except OSError as error:
        return {"failed": f"{type(error).__name__}: {error}"}
    except Exception as error:
        return {"failed": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    sys.exit(main())
