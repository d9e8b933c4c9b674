"""A page of a site that takes over, kills or holds up the process that reads it costs its publisher that page alone."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hostile_code import hostile_command, list_unrefused, needs_kernel
from sites import pdf, publisher_file

from extract.errors import SandboxError, SourceError
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.publishers.models import ListingSource
from extract.sources import page_process, page_reader
from extract.sources.page_reader import PageReader

if TYPE_CHECKING:
    from sites import Desk, Site

URL = "https://h/list.html"
PAGE = b'<a href="/1.pdf">2025</a>'


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> ListingSource:
    monkeypatch.setenv("GZ_LOGIN", "user:secret")
    given = {"kind": "listing", "pages": [URL], "login": {"env": "GZ_LOGIN"}}
    return ListingSource.model_validate(given)


def take_over(monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
    """From now on every process that reads pages is taken over by its first page."""
    monkeypatch.setattr(page_reader, "COMMAND", hostile_command(**given, page=True))


@needs_kernel
def test_a43_every_attack_from_inside_the_process_that_reads_pages_is_refused(
    targets: dict[str, Any], source: ListingSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JIXIAO_ALERT_URL", "https://example.org/secret")
    take_over(monkeypatch, **targets)
    with PageReader(confined=True) as reader:
        came = {one.url: one.title for one in reader.read("list", PAGE, URL, "", source).entries}
    assert set(came.pop("environment").split()) - {"LC_CTYPE"} == {*page_reader.ENVIRONMENT}
    assert "secret" not in came["source"]
    assert "login" not in json.loads(came.pop("source"))
    assert not list_unrefused(came)
    assert len(came) > 55


@needs_kernel
def test_a43_without_confinement_the_same_code_gets_through(
    targets: dict[str, Any], source: ListingSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    harmless = ["connect TCP", "read /etc/passwd", "read the ledger", "start a process"]
    take_over(monkeypatch, **targets, only=harmless)
    with PageReader(confined=False) as reader:
        came = {one.url: one.title for one in reader.read("list", PAGE, URL, "", source).entries}
    assert [name for name, one in came.items() if one.startswith("DONE")] == harmless


@pytest.mark.parametrize(
    "lie", ["abort", "no page", "no entries", "no text", "no day", "no address", "no object", "no JSON", "nested"]
)
def test_a43_an_answer_that_is_no_page_is_an_error_of_that_page(
    source: ListingSource, lie: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_over(monkeypatch, only=[], pid=1, port=1, target="", unix="", ledger="/", document="/")
    with PageReader(confined=False) as reader:
        with pytest.raises(
            SourceError, match=r"https://h/list\.html: the (page ended|process that reads pages answered)"
        ):
            reader.read("list", lie.encode(), URL, "", source)
        assert reader.read("list", PAGE, URL, "", source).entries, "the next page is read, by a new process if need be"


def test_a43_a_kernel_that_confines_nothing_reads_no_page(
    source: ListingSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend = (
        "import sys, extract.isolation.confine as c; c.find_abi = lambda: 0; "
        "from extract.sources.page_process import main; sys.exit(main())"
    )
    monkeypatch.setattr(page_reader, "COMMAND", [sys.executable, "-I", "-c", pretend])
    with PageReader(confined=True) as reader, pytest.raises(SandboxError, match=r"no page is read.*Landlock"):
        reader.read("list", PAGE, URL, "", source)
    with PageReader(confined=False) as reader:
        assert reader.read("list", PAGE, URL, "", source).entries


def test_a43_a_page_that_takes_hours_to_read_holds_up_nobody(
    site: Site, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_reader, "PAGE_SECONDS", 5.0)
    monkeypatch.setattr(ingest, "count_pages", lambda *_: 0)
    for code in ("good", "bad"):
        listing = {"kind": "listing", "pages": [f"{site.url}/{code}/list.html"]}
        publisher_file(desk.folder, site, code=code, name=f"{code}局", source=listing, politeness={"attempts": 1})
        site.put(f"/{code}/1.pdf", pdf(code))
    site.put("/good/list.html", '<a href="/good/1.pdf">2025</a>')
    site.put("/bad/list.html", b"<ul><li>" * 200_000 + b'<a href="/bad/1.pdf">2025</a>')
    settings = desk.settings.model_copy(update={"publishers_dir": desk.folder})
    assert ingest.discover(settings, "night") == 1
    ledger = Ledger(settings.ledger_url or "")
    assert [one["publisher"] for one in ledger.sightings("night", 9)] == ["good"]
    (finding,) = ledger.findings("night")
    assert (finding["publisher"], finding["code"]) == ("bad", "not_listed")
    assert "takes more than 5 s" in finding["detail"]


def test_a43_a_page_that_wants_more_memory_than_it_may_have_is_not_read(
    source: ListingSource, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = (
        "import sys, extract.sources.page_process as p; from dataclasses import replace; "
        "p.LIMITS = replace(p.LIMITS, memory=200 << 20); sys.exit(p.main())"
    )
    monkeypatch.setattr(page_reader, "COMMAND", [sys.executable, "-I", "-c", small])
    with PageReader(confined=False) as reader:
        with pytest.raises(SourceError):
            reader.read("list", b"<table><tr><td>" * 500_000, URL, "", source)
        assert reader.read("list", PAGE, URL, "", source).entries


def test_a43_the_process_ends_with_who_reads(source: ListingSource) -> None:
    with PageReader(confined=True) as reader:
        reader.read("list", PAGE, URL, "", source)
        process = reader._process
        assert process is not None
    assert process.returncode is not None
    assert page_process.LIMITS.memory == 1 << 30
