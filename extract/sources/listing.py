"""Parse a page of a site to entries (address, title, date) by the rules of the publisher file. No network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from extract.publishers.models import DateRule, LinkRule, ListingSource, page_encoding
from extract.sources.addresses import join_address

_META = re.compile(rb"<meta[^>]+charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_CHINESE = {"gb2312", "gbk", "gb_2312-80", "x-gbk", "hz-gb-2312"}  # what is declared may be less than what is written
MOST_TITLE = 500
DATE_CHARACTERS = 32 << 20  # looked through on one page; beyond, as where 100,000 links lie in each other, no date is


class Entry(NamedTuple):
    """One link of a page that fits the rules."""

    url: str
    title: str
    printed_on: date | None


class Page(NamedTuple):
    """Content of one page: its entries in printed order, the next page of the list, the page's own date."""

    entries: tuple[Entry, ...]
    next_url: str | None = None
    printed_on: date | None = None


def decode_page(body: bytes, content_type: str = "", encoding: str | None = None) -> tuple[str, str]:
    """Return (text, encoding): by the publisher file, else the answer's header, else the page, else UTF-8.

    A page may declare anything: what is no encoding of web pages is decoded as UTF-8.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        return body[3:].decode("utf-8", "replace"), "utf-8"
    in_header = _CHARSET.search(content_type)
    in_page = _META.search(body[:4096])
    name = encoding or (in_header and in_header[1]) or (in_page and in_page[1].decode("ascii")) or "utf-8"
    if name.lower() in _CHINESE:
        name = "gb18030"
    known = page_encoding(name) or "utf-8"
    return body.decode(known, "replace"), known


def read_listing(body: bytes, url: str, content_type: str, source: ListingSource) -> Page:
    """Parse a page of the list: its entries and the address of the next page."""
    text, encoding = decode_page(body, content_type, source.encoding)
    tree = LexborHTMLParser(text)
    base = _base(tree, url, encoding)
    entries: list[Entry] = []
    dates = _Dates(source.date)
    for item, link in _links(tree, source):
        entry = _entry(item, link, base, encoding, source.link, dates)
        if entry is not None:
            entries.append(entry)
    following = None
    if source.paging is not None and source.paging.next is not None:
        node = tree.css_first(source.paging.next)
        reference = node.attributes.get("href") if node is not None else None
        following = join_address(base, reference, encoding) if reference else None
    return Page(_drop_repeated(entries), following)


def read_detail(body: bytes, url: str, content_type: str, source: ListingSource) -> Page:
    """Parse a detail page: its attachments and date; government sites print one in <meta name="PubDate">."""
    rule = source.detail
    if rule is None:
        return Page(())
    text, encoding = decode_page(body, content_type, source.encoding)
    tree = LexborHTMLParser(text)
    base = _base(tree, url, encoding)
    dates = _Dates(rule.date)
    entries = [
        entry
        for link in tree.css(rule.attachment.selector)
        if (entry := _entry(None, link, base, encoding, rule.attachment, dates)) is not None
    ]
    meta = tree.css_first('meta[name="PubDate" i]')
    declared = find_date(meta.attributes.get("content") or "", DateRule().pattern) if meta is not None else None
    printed = dates.date_in(tree.body) if rule.date.selector else None
    return Page(_drop_repeated(entries), printed_on=printed or declared)


def find_date(text: str, pattern: str) -> date | None:
    """Return the first date that the pattern matches; None where there is none of the calendar."""
    found = re.search(pattern, text)
    if found is None:
        return None
    try:
        year, month, day = (int(group) for group in found.groups())
        return date(year, month, day)
    except (ValueError, TypeError):
        return None


def _links(tree: LexborHTMLParser, source: ListingSource) -> Iterator[tuple[LexborNode | None, LexborNode]]:
    if source.item is None:
        yield from ((None, link) for link in tree.css(source.link.selector))
        return
    for item in tree.css(source.item):
        yield from ((item, link) for link in item.css(source.link.selector))


def _entry(
    item: LexborNode | None, link: LexborNode, base: str, encoding: str, rule: LinkRule, dates: _Dates
) -> Entry | None:
    url = join_address(base, link.attributes.get("href") or "", encoding)
    if url is None:
        return None
    title = " ".join((link.attributes.get("title") or link.text()).split())[:MOST_TITLE]
    if rule.url is not None and not re.search(rule.url, url):
        return None
    if rule.title is not None and not re.search(rule.title, title):
        return None
    return Entry(url, title, dates.date_in(item if item is not None else link.parent))


class _Dates:
    """Dates of one page by one rule; a node that holds many links is searched once."""

    def __init__(self, rule: DateRule) -> None:
        self._rule = rule
        self._known: dict[int, date | None] = {}
        self._left = DATE_CHARACTERS

    def date_in(self, node: LexborNode | None) -> date | None:
        """Return the date that a node prints; None without one, or once DATE_CHARACTERS were searched on the page."""
        if node is not None and self._rule.selector is not None:
            node = node.css_first(self._rule.selector)
        if node is None or self._left <= 0:
            return None
        if node.mem_id not in self._known:
            text = node.text(separator=" ")
            self._left -= len(text) + 100
            self._known[node.mem_id] = find_date(text, self._rule.pattern)
        return self._known[node.mem_id]


def _base(tree: LexborHTMLParser, url: str, encoding: str) -> str:
    node = tree.css_first("base[href]")
    return (join_address(url, node.attributes.get("href") or "", encoding) if node is not None else None) or url


def _drop_repeated(entries: list[Entry]) -> tuple[Entry, ...]:
    """Keep each address once, with the longest title that the page prints for it."""
    best: dict[str, Entry] = {}
    for entry in entries:
        known = best.get(entry.url)
        if known is None or len(entry.title) > len(known.title):
            best[entry.url] = entry
    return tuple(best.values())
