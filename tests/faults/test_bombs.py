"""PDFs that cost CPU or memory without end, that go round in circles, or of which a parser loses pages: a17 to a20."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pdfplumber
import pypdfium2
import pytest
from printed_tables import print_table
from sqlalchemy import func, select

from extract.errors import Reason, Refused
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.ledger.tables import attempts
from extract.reading.document import read_document
from extract.reading.sandbox import read_sandboxed
from extract.settings import Settings

from .bombs import CYCLES, MEMORY, TIME

ROWS = [("102001-区党群工作部", "宣传工作经费", "8,200,000.00", "111002106-开展项目数", f"≥{n}家") for n in range(3)]
NEXT = [(unit, "人才工作经费", *rest) for unit, _, *rest in ROWS]  # no page is printed twice
Bomb = Callable[[], bytes]


def drop_in(settings: Settings, **files: bytes) -> Settings:
    """Settings whose inbox holds these files."""
    inbox = settings.home / "inbox"
    inbox.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (inbox / f"{name}.pdf").write_bytes(content)
    return settings


def night(settings: Settings, run_id: str) -> dict[str, int]:
    """One run without Airflow."""
    ingest.discover(settings, run_id, publisher="inbox")
    ingest.land(settings, run_id)
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)
    ingest.stage_read(settings, run_id)
    return ingest.close(settings, run_id)


def refused(settings: Settings) -> dict[str, str]:
    """File name to reason of everything that is not loaded."""
    rows = Ledger(settings.ledger_url or "").refusals()
    return {Path(one["first_url"]).stem: one["reason"] for one in rows}


def names(bombs: Iterable[Bomb]) -> dict[str, bytes]:
    return {bomb.__name__: bomb() for bomb in bombs}


def memory_of_this_process(which: str) -> int:
    """Kilobytes: VmRSS now, VmHWM at most since the peak was forgotten."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{which}:"))


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def test_a17_decompression_bombs_cost_themselves_alone_and_the_parent_stays_flat(settings: Settings) -> None:
    mine = settings.model_copy(update={"read_seconds": 60, "read_megabytes": 600})
    drop_in(mine, good=print_table(ROWS), **names(MEMORY))
    ingest.discover(mine, "night", publisher="inbox")
    ingest.land(mine, "night")
    forget_peak()
    before = memory_of_this_process("VmRSS")
    for batch in ingest.plan_batches(mine):
        ingest.read_batch(mine, batch)
    assert memory_of_this_process("VmHWM") - before < 50_000
    ingest.stage_read(mine, "night")
    counts = {"seen": len(MEMORY) + 1, "loaded": 1, "unchanged": 0, "refused": len(MEMORY), "failed": 0}
    assert ingest.close(mine, "night") == counts
    assert set(refused(mine)) == {bomb.__name__ for bomb in MEMORY}
    assert set(refused(mine).values()) <= {Reason.MEMORY, Reason.TIMEOUT}


def test_a18_cpu_bombs_are_refused_after_their_attempts_and_not_tried_every_night(settings: Settings) -> None:
    mine = settings.model_copy(update={"read_seconds": 1, "read_megabytes": 600, "read_attempts": 2})
    drop_in(mine, **names(TIME))
    for run_id in ("first", "second", "third"):
        counts = {"seen": len(TIME), "loaded": 0, "unchanged": 0, "refused": len(TIME), "failed": 0}
        assert night(mine, run_id) == counts
        if run_id == "first":
            assert "timeout" in refused(mine).values(), "a second is not enough for any of these"
    assert ingest.plan_batches(mine) == []
    ledger = Ledger(mine.ledger_url or "")
    with ledger.engine.connect() as connection:
        tried = (
            connection.execute(select(func.count()).select_from(attempts).group_by(attempts.c.sha256)).scalars().all()
        )
    assert len(tried) == len(TIME)
    assert max(tried) == 2


@pytest.mark.parametrize("bomb", CYCLES, ids=lambda bomb: bomb.__name__)
def test_a19_recursion_and_cycles_are_refused_with_a_reason(settings: Settings, bomb: Bomb) -> None:
    drop_in(settings, **names([bomb]))
    assert night(settings, "night") == {"seen": 1, "loaded": 0, "unchanged": 0, "refused": 1, "failed": 0}
    (one,) = Ledger(settings.ledger_url or "").refusals()
    assert one["reason"] in {reason.value for reason in Reason}
    assert one["detail"]


def lose_second_page(data: bytes) -> bytes:
    """The second page says that it is something else: pdfminer passes over it."""
    at = data.index(b"/Type/Page/Parent", data.index(b"/Type/Page/Parent") + 1)
    return data[:at] + b"/Type/Pagx/Parent" + data[at + 17 :]


def count_one_page(data: bytes) -> bytes:
    """The page tree says that it has one page: pdfium believes it, pdfminer counts two."""
    return data.replace(b"/Count 2>>", b"/Count 1>>")


@pytest.mark.parametrize("wrong", [lose_second_page, count_one_page], ids=lambda one: one.__name__)
@pytest.mark.parametrize("reader", ["auto", "pdfium", "oxide", "pdfplumber"])
def test_a20_a_page_that_one_parser_loses_refuses_the_document(
    settings: Settings, wrong: Callable[[bytes], bytes], reader: str
) -> None:
    data = wrong(print_table(ROWS, NEXT))
    mine = drop_in(settings.model_copy(update={"reader": reader}), odd=data, good=print_table(ROWS, NEXT))
    path = settings.home / "inbox/odd.pdf"
    with pypdfium2.PdfDocument(path) as one, pdfplumber.open(path) as other:
        assert len(one) != len(other.pages), "the parsers differ"
    assert night(mine, "night") == {"seen": 2, "loaded": 1, "unchanged": 0, "refused": 1, "failed": 0}
    assert refused(mine) == {"odd": "page_missing"}


def test_a20_what_both_parsers_count_alike_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "two.pdf"
    path.write_bytes(print_table(ROWS, NEXT))
    assert [record.page for record in read_document(path).records] == [1, 1, 1, 2, 2, 2]


def test_a18_a_document_that_is_not_read_in_time_is_a_timeout(tmp_path: Path) -> None:
    from extract.settings import get_settings

    path = tmp_path / "rects.pdf"
    path.write_bytes(names(TIME)["rects"])
    with pytest.raises(Refused) as refusal:
        read_sandboxed(path, limits=replace(get_settings().limits(), seconds=0.5, memory=600 << 20))
    assert refusal.value.reason == Reason.TIMEOUT
