"""The worked example of docs/publishers.md is what the code does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from extract.publishers import load_publisher
from extract.publishers.models import BucketSource, FolderSource, ListingSource, Politeness, Publisher
from extract.settings import PROJECT
from extract.sources.fetch import Fetcher
from extract.sources.page_reader import PageReader
from extract.sources.site import discover_site

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Site

DOC = (PROJECT / "docs/publishers.md").read_text(encoding="utf-8")
HOST = "https://www.example.gov.cn"


def test_the_worked_example_finds_what_its_table_says(site: Site, tmp_path: Path) -> None:
    pages = re.findall(r"^`(/\S+)`[^\n]*\n```html\n(.*?)```", DOC, re.MULTILINE | re.DOTALL)
    assert len(pages) == 3
    for path, html in pages:
        gbk = path.endswith("list.html")
        site.put(path, html.encode("gbk") if gbk else html.encode(), content_type="text/html")
    (text,) = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)
    file = tmp_path / "example.yml"
    file.write_text(text.replace(HOST, site.url), encoding="utf-8")
    written = load_publisher(file)
    polite = Politeness(delay_seconds=0, backoff_seconds=0)
    publisher = written.model_copy(update={"politeness": polite, "allowed_addresses": ("127.0.0.1/32",)})
    assert isinstance(publisher.source, ListingSource)
    with Fetcher(publisher) as fetcher, PageReader(confined=True) as reader:
        found = discover_site(publisher, publisher.source, fetcher, reader, lambda _: {})
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in DOC.splitlines() if line.startswith("| https")]
    shown = [[one.url.replace(site.url, HOST), one.title, str(one.printed_on)] for one in found.publications]
    assert sorted(shown) == sorted(rows)
    assert (found.unreached, found.broken) == ([], [])


def test_every_key_of_a_publisher_file_is_explained() -> None:
    keys = {
        name
        for model in (Publisher, ListingSource, FolderSource, BucketSource, Politeness)
        for name in model.model_fields
    }
    assert {key for key in keys - {"code", "kind"} if f"`{key}`" not in DOC} == set()
