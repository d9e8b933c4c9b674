"""Code that a document has put into the reading child: what it can reach, and whom it can harm."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hostile_code import hostile_command, list_unrefused, needs_kernel

from extract.errors import JixiaoError, Reason, Refused, SandboxError
from extract.isolation import confine, landlock
from extract.jobs import ingest
from extract.jobs.batches import name_child
from extract.ledger import Ledger
from extract.publishers import load_publishers
from extract.reading import fork_server
from extract.reading.exchange import reading_to_json
from extract.reading.sandbox import Sandbox, read_sandboxed
from extract.report.page_images import PictureError, draw_page
from extract.settings import PROJECT, Settings

GOOD = PROJECT / "tests/fixtures/v15_2024.pdf"
OTHER = PROJECT / "tests/fixtures/d02_typst_sichuan.pdf"


def take_over(monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
    """From now on every reading child is taken over by its first document."""
    monkeypatch.setattr(fork_server, "COMMAND", hostile_command(**given))


@pytest.fixture
def found(targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a hostile document met: what became of each attack, and what it saw."""
    monkeypatch.setenv("JIXIAO_ALERT_URL", "https://example.org/secret")
    take_over(monkeypatch, **targets)
    with Sandbox(reader="pdfium", confined=True) as sandbox:
        return sandbox.read_grids(GOOD)


@needs_kernel
def test_a32_every_attack_from_inside_the_child_is_refused(found: list[dict[str, Any]]) -> None:
    attacks, _ = found
    assert not list_unrefused(attacks)
    assert len(attacks) > 60


@needs_kernel
def test_a32_the_child_sees_its_document_and_nothing_of_ours(found: list[dict[str, Any]]) -> None:
    _, seen = found
    assert seen["document"] == "%PDF-"
    assert {*seen["environment"]} - {"LC_CTYPE"} == {*fork_server.ENVIRONMENT}
    kinds = sorted(one.partition(":")[0] for one in seen["descriptors"])
    assert [one for one in kinds if one != "/dev/null"] == ["/memfd", "pipe", "socket"]
    unused = {"pydantic", "sqlalchemy", "httpx", "duckdb", "pdfplumber", "PIL", "extract.settings"}
    assert not unused & {*seen["modules"]}


@needs_kernel
def test_a32_without_confinement_the_same_code_gets_through(
    targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the attacks would prove nothing."""
    harmless = ("connect TCP", "read /etc/passwd", "read the ledger", "read another document", "start a process")
    take_over(monkeypatch, **targets, only=harmless)
    with Sandbox(reader="pdfium", confined=False) as sandbox:
        attacks, _ = sandbox.read_grids(GOOD)
    assert {name for name, came in attacks.items() if came.startswith("DONE")} == {*harmless}


@needs_kernel
@pytest.mark.parametrize(
    "lie", ["no object", "unknown reason", "no reading", "no JSON", "no text", "nested", "no number", "endless"]
)
def test_a32_an_answer_that_is_none_is_an_error_of_that_document(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie=lie)
    with pytest.raises(JixiaoError) as error:
        read_sandboxed(GOOD, reader="pdfium")
    assert not isinstance(error.value, SandboxError)
    assert str(error.value).isprintable()


@needs_kernel
def test_a32_what_a_child_says_writes_no_codes_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie="terminal codes")
    with pytest.raises(Refused) as refusal:
        read_sandboxed(GOOD, reader="pdfium")
    assert (refusal.value.detail, refusal.value.page) == ("\ufffd[31mred\ufffd", None)


@needs_kernel
def test_a32_a_picture_that_is_none_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie="no picture")
    with pytest.raises(PictureError):
        draw_page(GOOD, 1, tmp_path / "page.png")
    assert not (tmp_path / "page.png").exists()


@needs_kernel
@pytest.mark.parametrize("lie", ["abort", *(["x32"] if os.uname().machine == "x86_64" else [])])
def test_a32_a_child_that_dies_costs_its_document(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie=lie)
    with Sandbox(reader="pdfium") as sandbox:
        for _ in range(2):  # the fork server lives on
            with pytest.raises(Refused) as refusal:
                sandbox.read(GOOD)
            assert refusal.value.reason is Reason.TRUNCATED


@needs_kernel
def test_a32_a_taken_child_answers_for_no_other_publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child counts what it has met: one publisher's documents share it, and nobody else's."""
    take_over(monkeypatch, lie="count")
    with Sandbox(reader="pdfium") as sandbox:
        counted = [sandbox.count_pages(GOOD, publisher) for publisher in ("a", "a", "b", "b", "b", "a", None)]
    assert counted == [1, 2, 1, 2, 3, 1, 1]


@needs_kernel
def test_a32_documents_of_a_place_that_several_use_share_no_child(tmp_path: Path) -> None:
    (tmp_path / "inbox.yml").write_text("source: {kind: folder, path: inbox}\n", encoding="utf-8")
    (tmp_path / "office.yml").write_text("name: 财政局\nsource: {kind: folder, path: office}\n", encoding="utf-8")
    publishers = load_publishers(tmp_path)
    assert name_child(publishers, "inbox", "aa") != name_child(publishers, "inbox", "bb")
    assert name_child(publishers, "office", "aa") == name_child(publishers, "office", "bb")


@needs_kernel
def test_a32_a_reading_in_another_documents_name_is_not_staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for path in (GOOD, OTHER):
        (inbox / path.name).write_bytes(path.read_bytes())
    settings = Settings(home=tmp_path / "var", settle_seconds=0, reader="pdfium")
    ingest.discover(settings, "night", inbox=str(inbox))
    ingest.land(settings, "night")
    (batch,) = ingest.plan_batches(settings)
    told = read_sandboxed(GOOD, reader="pdfium")
    text = tmp_path / "told.json"
    text.write_text(reading_to_json(told), encoding="utf-8")
    with monkeypatch.context() as taken:  # every document says that it is GOOD, with GOOD's rows
        take_over(taken, tell=str(text))
        ingest.read_batch(settings, batch)
    assert ingest.stage_read(settings, "night") == 1
    ledger = Ledger(settings.ledger_url or "")
    states = {sha256: ledger.document(sha256)["state"] for sha256 in batch}
    assert sorted(states.values()) == ["failed", "staged"]
    assert states[told.sha256] == "staged"


def test_a32_no_document_is_read_where_the_kernel_does_not_confine(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend = "import extract.isolation.confine as c; c.find_abi = lambda: 0; "
    started = "import sys; from extract.reading import worker; sys.exit(worker.main())"
    monkeypatch.setattr(fork_server, "COMMAND", [sys.executable, "-I", "-c", pretend + started])
    with pytest.raises(SandboxError, match="no Landlock"):
        read_sandboxed(GOOD, reader="pdfium")
    with Sandbox(reader="pdfium", confined=False) as sandbox:
        assert len(sandbox.read(GOOD, reader="pdfium").records) == 99


def test_a32_a_process_that_does_not_start_is_no_documents_fault(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / GOOD.name).write_bytes(GOOD.read_bytes())
    ingest.discover(settings, "night", inbox=str(inbox))
    ingest.land(settings, "night")
    (batch,) = ingest.plan_batches(settings)
    monkeypatch.setattr(fork_server, "COMMAND", [sys.executable, "-c", "import sys; sys.exit(1)"])
    with pytest.raises(SandboxError):
        ingest.read_batch(settings, batch)
    assert Ledger(settings.ledger_url or "").document(batch[0])["state"] == "landed"


@needs_kernel
@pytest.mark.parametrize("abi", range(1, landlock.find_abi() + 1))
def test_a32_every_older_kernel_confines_as_well(
    abi: int, targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older Landlock watches less; the filter of system calls refuses the rest."""
    take_over(monkeypatch, **targets, abi=abi)
    with Sandbox(reader="pdfium", confined=True) as sandbox:
        attacks, _ = sandbox.read_grids(GOOD)
    assert not [name for name, came in attacks.items() if came.startswith("DONE")]


def test_nothing_of_the_home_is_among_what_may_be_read(settings: Settings) -> None:
    places = confine.readable_places()
    for path in (settings.home, PROJECT / "var", PROJECT / ".env", Path("/etc/passwd"), Path("/proc"), Path("/tmp")):
        assert not [place for place in places if path.is_relative_to(place)]
