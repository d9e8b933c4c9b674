"""Locked PDFs, pages without text, text that says something else than is printed: a21 to a23."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from printed_tables import Row, Scan, print_table

from extract.jobs import ingest
from extract.ledger import OUTCOMES, Ledger
from extract.settings import Settings

ROWS: list[Row] = [
    ("102001-区党群工作部", f"宣传工作经费{n}", "8,200,000.00", "111002106-组织开展宣传活动项目数", f"≥{n}家")
    for n in range(1, 8)
]
READERS = ["auto", "pdfium", "oxide", "pdfplumber"]


def night(settings: Settings, publisher: str | None = "inbox") -> tuple[dict[str, int], dict[str, tuple[str, str]]]:
    """One run without Airflow: its counts, and (reason, detail) of each file that was refused."""
    ingest.discover(settings, "night", publisher=publisher)
    ingest.land(settings, "night")
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)
    ingest.stage_read(settings, "night")
    counts = ingest.close(settings, "night")
    rows = Ledger(settings.ledger_url or "").refusals()
    return counts, {Path(one["first_url"]).name: (one["reason"], one["detail"]) for one in rows}


def inbox_of(settings: Settings, reader: str, **files: bytes) -> Settings:
    inbox = settings.home / "inbox"
    inbox.mkdir(parents=True)
    for name, content in files.items():
        (inbox / f"{name}.pdf").write_bytes(content)
    return settings.model_copy(update={"reader": reader})


def counted(**counts: int) -> dict[str, int]:
    return {"seen": sum(counts.values())} | {name: counts.get(name, 0) for name in OUTCOMES}


@pytest.mark.parametrize("reader", READERS)
def test_a21_a_locked_document_is_refused_as_such(settings: Settings, reader: str) -> None:
    mine = inbox_of(settings, reader, locked=print_table(ROWS, password="geheim"), plain=print_table(ROWS))  # noqa: S106
    counts, refused = night(mine)
    assert counts == counted(loaded=1, refused=1)
    reason, detail = refused["locked.pdf"]
    assert reason == "password"
    assert "password" in detail, "the library's own message is empty"


@pytest.mark.parametrize("reader", READERS)
def test_a21_a_password_that_the_publisher_is_known_to_use_opens_its_documents_and_no_others(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: str
) -> None:
    publishers = tmp_path / "publishers"
    publishers.mkdir()
    for code, line in {"known": "passwords: [{env: WRONG}, {env: RIGHT}]\n", "unknown": ""}.items():
        folder = tmp_path / code
        folder.mkdir()
        locked = print_table(ROWS, title=f"{code}局2025年预算项目绩效目标", password="geheim")  # noqa: S106
        (folder / "locked.pdf").write_bytes(locked)
        source = f"name: {code}局\n{line}source: {{kind: folder, path: {folder}}}\n"
        (publishers / f"{code}.yml").write_text(source, encoding="utf-8")
    monkeypatch.setenv("WRONG", "falsch")
    monkeypatch.setenv("RIGHT", "geheim")
    mine = settings.model_copy(update={"publishers_dir": publishers, "reader": reader})
    counts, _ = night(mine, None)
    assert counts == counted(loaded=1, refused=1)
    (locked_out,) = Ledger(mine.ledger_url or "").refusals()
    assert (locked_out["publisher"], locked_out["reason"]) == ("unknown", "password")
    assert not any(b"geheim" in path.read_bytes() for path in mine.home.rglob("*") if path.is_file())


@pytest.mark.parametrize("reader", READERS)
def test_a22_scanned_pages_alone_or_among_text_are_refused_and_named(settings: Settings, reader: str) -> None:
    mine = inbox_of(
        settings,
        reader,
        alone=print_table(Scan()),
        among=print_table(ROWS, Scan(), ROWS, Scan()),
        text=print_table(ROWS[:4], ROWS[4:]),
    )
    counts, refused = night(mine)
    assert counts == counted(loaded=1, refused=2)
    assert {name: reason for name, (reason, _) in refused.items()} == dict.fromkeys(
        ("alone.pdf", "among.pdf"), "no_text_layer"
    )
    assert refused["alone.pdf"][1].endswith("pages: 1")
    assert refused["among.pdf"][1].endswith("pages: 2, 4")


def private_use(char: str) -> str:
    """As subset fonts without a table do."""
    return chr(0xE000 + ord(char) % 0x1000)


def another_character(char: str) -> str:
    """Each Chinese character is called by the name of one 1,000 places on."""
    return chr(0x4E00 + (ord(char) - 0x4E00 + 1000) % 0x5000) if "\u4e00" <= char <= "\u9fff" else char


def unknown(char: str) -> str:
    return "\ufffd" if char == "宣" else char


def lone_surrogate(char: str) -> str:
    return "\ud800" if char == "宣" else char


def zero(char: str) -> str:
    return "\0" if char == "宣" else char


WRONG: tuple[Callable[[str], str], ...] = (private_use, another_character, unknown, lone_surrogate, zero)


@pytest.mark.parametrize("reader", READERS)
def test_a23_a_text_layer_that_is_not_what_is_printed_is_garbled(settings: Settings, reader: str) -> None:
    files = {says.__name__: print_table(ROWS, says=says) for says in WRONG}
    counts, refused = night(inbox_of(settings, reader, right=print_table(ROWS), **files))
    assert counts == counted(loaded=1, refused=len(WRONG))
    assert {name: reason for name, (reason, _) in refused.items()} == {f"{name}.pdf": "garbled_text" for name in files}
