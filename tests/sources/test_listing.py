from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from extract.entities import CacheEntry
from extract.errors import SourceError
from extract.publishers.models import ListingSource
from extract.sources.addresses import join_address, strip_userinfo
from extract.sources.discovery import discover_source
from extract.sources.listing import decode_page, find_date, read_detail, read_listing
from extract.sources.page_fetch import page_from_json, page_to_json

if TYPE_CHECKING:
    from sites import Desk, Site

BASE = "http://gov.test/a/list.html"


def source(**more: Any) -> ListingSource:
    return ListingSource.model_validate({"kind": "listing", "pages": [BASE], **more})


def urls(html: str, **more: Any) -> list[str]:
    return [entry.url for entry in read_listing(html.encode(), BASE, "", source(**more)).entries]


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("b.pdf", "http://gov.test/a/b.pdf"),
        ("../b.pdf", "http://gov.test/b.pdf"),
        ("/b.pdf?x=1#page=2", "http://gov.test/b.pdf?x=1"),
        ("//other.test/b.pdf", "http://other.test/b.pdf"),
        (" \t/b\n.pdf ", "http://gov.test/b.pdf"),
        ("http://user:pw@gov.test:8080/b.pdf", "http://gov.test:8080/b.pdf"),
        ("绩效.pdf", "http://gov.test/a/%E7%BB%A9%E6%95%88.pdf"),
        ("http://政务.test/b.pdf", "http://xn--zfr164b.test/b.pdf"),
        ("javascript:void(0)", None),
        ("mailto:a@b", None),
        ("http://[::1/b.pdf", None),
        ("http://gov.test:port/b.pdf", None),
    ],
)
def test_a_reference_becomes_an_address_as_browsers_do_it(reference: str, address: str | None) -> None:
    assert join_address(BASE, reference) == address


def test_a_query_is_written_in_the_encoding_of_its_page() -> None:
    assert join_address(BASE, "/q?n=绩", "gb18030") == "http://gov.test/q?n=%BC%A8"


def test_user_and_password_are_stripped_from_an_address() -> None:
    assert strip_userinfo("http://u:p@gov.test/a?b=c@d") == "http://gov.test/a?b=c@d"


@pytest.mark.parametrize(
    ("body", "content_type", "encoding"),
    [
        ("绩效".encode("gb18030"), "text/html; charset=GBK", None),
        (b'<meta charset="gb2312">' + "绩效".encode("gb18030"), "text/html", None),
        (b"<meta http-equiv=x content='text/html; charset=gbk'>" + "绩效".encode("gb18030"), "", None),
        ("绩效".encode("gb18030"), "text/html; charset=utf-8", "gbk"),
        ("绩效".encode(), "text/html; charset=klingon", None),
        ("\ufeff绩效".encode(), "text/html; charset=gbk", None),
    ],
)
def test_a_page_is_decoded_by_what_is_known_of_it(body: bytes, content_type: str, encoding: str | None) -> None:
    assert decode_page(body, content_type, encoding)[0].endswith("绩效")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("发布时间：2025-02-10", date(2025, 2, 10)),
        ("2025年2月9日", date(2025, 2, 9)),
        ("[2025.02.10]", date(2025, 2, 10)),
        ("2025/2/10 08:00", date(2025, 2, 10)),
        ("2025-13-10", None),
        ("2025", None),
    ],
)
def test_a_printed_date_is_found_or_not_invented(text: str, day: date | None) -> None:
    from extract.publishers.models import PRINTED_DATE

    assert find_date(text, PRINTED_DATE) == day


def test_links_count_by_selector_address_and_title() -> None:
    html = (
        '<div id="x"><a href="1.pdf">绩效目标</a><a href="2.pdf">通知</a></div><a href="3.pdf">绩效目标</a><a>绩效</a>'
    )
    assert len(urls(html)) == 3
    assert urls(html, link={"selector": "#x a", "title": "绩效"}) == ["http://gov.test/a/1.pdf"]
    assert urls(html, link={"url": r"/3\.pdf$"}) == ["http://gov.test/a/3.pdf"]


def test_one_address_counts_once_with_its_longest_title() -> None:
    html = '<a href="1.pdf">某局2025…</a><a href="1.pdf">某局2025年绩效目标</a>'
    (entry,) = read_listing(html.encode(), BASE, "", source()).entries
    assert entry.title == "某局2025年绩效目标"


def test_the_base_of_a_page_is_taken() -> None:
    assert urls('<base href="/files/"><a href="1.pdf">x</a>') == ["http://gov.test/files/1.pdf"]


def test_a_broken_page_gives_what_it_shows() -> None:
    assert urls("<ul><li><a href='1.pdf'>x<li><a href=\"2.pdf\"") == ["http://gov.test/a/1.pdf"]
    assert urls("\x00\xff<<<>>>") == []


def test_a_detail_page_gives_attachments_and_its_own_date() -> None:
    html = '<meta name="pubdate" content="2025-02-10 09:00"><a href="x.pdf">附件1</a><a href="y.doc">附件2</a>'
    page = read_detail(html.encode(), BASE, "", source(detail={}))
    assert [entry.url for entry in page.entries] == ["http://gov.test/a/x.pdf"]
    assert page.printed_on == date(2025, 2, 10)


def test_what_a_page_said_is_remembered_without_loss() -> None:
    html = '<li><a href="1.pdf">绩效</a> 2025-02-10</li><a class="next" href="2.html">'
    page = read_listing(html.encode(), BASE, "", source(paging={"next": "a.next"}))
    assert page.next_url is not None
    assert page_from_json(page_to_json(page)) == page


# -- a list of several pages, on a site --------------------------------------------------------------------------------


def find(desk: Desk, memory: dict[str, CacheEntry] | None = None, **more: Any) -> Any:
    listing = {"kind": "listing", "pages": [f"{desk.site.url}/list.html"], **more}
    known = memory or {}
    return discover_source(desk.publisher(source=listing), desk.settings, None, lambda asked: known)


def test_numbered_pages_end_where_the_site_has_none_any_more(site: Site, desk: Desk) -> None:
    for n in range(3):
        site.put("/list.html" if n == 0 else f"/list_{n}.html", f'<a href="{n}.pdf">x</a>')
    found = find(desk, paging={"pattern": f"{site.url}/list_{{page}}.html", "first": 1})
    assert len(found.publications) == 3
    assert found.broken == []


def test_numbered_pages_end_where_a_site_answers_any_number_with_the_same(site: Site, desk: Desk) -> None:
    site.put("/list.html", '<a href="0.pdf">x</a>')
    for n in range(1, 51):
        site.put(f"/list.html?p={n}", '<a href="1.pdf">x</a>')
    found = find(desk, paging={"pattern": f"{site.url}/list.html?p={{page}}", "first": 1})
    assert [one.url.rpartition("/")[2] for one in found.publications] == ["0.pdf", "1.pdf"]
    assert len(site.requests) == 3


def test_a_list_that_leads_in_a_circle_ends(site: Site, desk: Desk) -> None:
    site.put("/list.html", '<a href="0.pdf">x</a><a class="next" href="two.html">')
    site.put("/two.html", '<a href="1.pdf">x</a><a class="next" href="list.html">')
    assert len(find(desk, paging={"next": ".next"}).publications) == 2


def test_a_list_longer_than_allowed_is_told_and_not_cut_in_silence(site: Site, desk: Desk) -> None:
    for n in range(5):
        site.put(
            "/list.html" if n == 0 else f"/{n}.html", f'<a href="{n}.pdf">x</a><a class="next" href="{n + 1}.html">'
        )
    found = find(desk, paging={"next": ".next", "last": 2})
    assert len(found.publications) == 3
    assert "raise paging.last" in found.broken[0]


def test_a_list_that_breaks_off_keeps_what_it_gave(site: Site, desk: Desk) -> None:
    site.put("/list.html", '<a href="0.pdf">x</a><a class="next" href="two.html">')
    site.put("/two.html", b"", status=500)
    found = find(desk, paging={"next": ".next"})
    assert len(found.publications) == 1
    assert "500" in found.broken[0]


def test_a_changed_rule_reads_an_unchanged_page_anew(site: Site, desk: Desk) -> None:
    site.put("/list.html", '<a href="0.pdf">x</a><a href="1.doc">y</a>')
    first = find(desk)
    memory = {one.url: one for one in first.cache_entries}
    assert len(find(desk, memory).publications) == 1
    assert len(find(desk, memory, link={"url": "pdf|doc"}).publications) == 2
    assert [one.status for one in site.requests] == [200, 304, 200]


def test_a_detail_page_that_cannot_be_had_is_told(site: Site, desk: Desk) -> None:
    site.put("/list.html", '<a href="d.html">x</a>')
    site.put("/d.html", b"", status=500)
    found = find(desk, link={}, detail={})
    ((publication, error),) = found.unreached
    assert publication.url.endswith("/d.html")
    assert isinstance(error, SourceError)


def test_two_attachments_of_one_page_keep_their_own_titles(site: Site, desk: Desk) -> None:
    site.put("/list.html", '<a href="d.html">某局绩效目标</a>')
    site.put("/d.html", '<a href="1.pdf">附件1</a><a href="2.pdf">附件2</a>')
    found = find(desk, link={}, detail={})
    assert [one.title for one in found.publications] == ["某局绩效目标 附件1", "某局绩效目标 附件2"]
    assert {one.listing for one in found.publications} == {f"{site.url}/d.html"}
