"""Define the schema of a publisher file; docs/publishers.md explains every key with an example that a test runs."""

from __future__ import annotations

import codecs
import ipaddress
import re
from datetime import date
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from extract.entities import IGNORED, Column, DocumentKind
from extract.publishers.secrets import Secret

PRINTED_DATE = r"(20\d\d)\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})"
PAGE_ENCODINGS = re.compile(
    r"utf-(8|8-sig|16|16-le|16-be)|ascii|gb2312|gbk|gb18030|hz|big5(hkscs)?|cp9(32|36|49|50)|euc_(jp|kr)|shift_jis|iso2022_jp"
    r"|iso8859-\d+|cp125\d|koi8-[ru]"
)
SECRET_WORDS = re.compile(r"secret|token|password|passwd|^key$|access_key", re.IGNORECASE)


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return text


def _selector(text: str) -> str:
    from selectolax.lexbor import LexborHTMLParser, SelectolaxError

    try:
        LexborHTMLParser("<p>").css(text)
    except SelectolaxError:
        raise ValueError("not a CSS selector") from None
    return text


def page_encoding(name: str) -> str | None:
    """Return Python's name of a web page encoding; None for any other codec, such as idna or utf-7."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):  # ValueError: a name with a zero byte
        return None
    return found if PAGE_ENCODINGS.fullmatch(found) else None


def _encoding(name: str) -> str:
    found = page_encoding(name)
    if found is None:
        raise ValueError("not the name of an encoding of web pages")
    return found


def _web_address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected http://… or https://…")
    if parts.username or parts.password:
        raise ValueError("no user or password inside an address: name a secret under `login`")
    return url


def _day(text: str) -> str:
    try:
        date.fromisoformat(f"2024-{text}")  # a leap year, so that 02-29 is a day
    except ValueError:
        raise ValueError("expected MM-DD") from None
    return text


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        raise ValueError(str(error)) from None


def _meaning(name: str) -> str:
    known = [*(column.value for column in Column), IGNORED]
    if name not in known:
        raise ValueError(f"expected one of {', '.join(known)}")
    return name


Pattern = Annotated[str, AfterValidator(_pattern)]
Selector = Annotated[str, AfterValidator(_selector)]
Encoding = Annotated[str, AfterValidator(_encoding)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
MonthDay = Annotated[str, AfterValidator(_day)]
Network = Annotated[str, AfterValidator(_network)]
HeaderWord = Annotated[str, Field(min_length=1, max_length=40)]
WordMeaning = Annotated[str, AfterValidator(_meaning)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LinkRule(_Part):
    """Conditions on the links of a page; all that are given must hold."""

    selector: Selector = Field("a[href]", description="CSS selector of the links")
    url: Pattern | None = Field(None, description="pattern somewhere in the link's whole address")
    title: Pattern | None = Field(None, description="pattern somewhere in the link's title")


class DateRule(_Part):
    """Place of the printed date of a publication."""

    selector: Selector | None = Field(None, description="CSS selector inside the item; left out: its whole text")
    pattern: Pattern = Field(PRINTED_DATE, description="three groups: year, month, day")

    @model_validator(mode="after")
    def _three_groups(self) -> DateRule:
        if re.compile(self.pattern).groups != 3:
            raise ValueError("pattern: expected three groups: year, month, day")
        return self


class DetailRule(_Part):
    """The page behind a listing's link, which holds the attachments."""

    attachment: LinkRule = LinkRule(url=r"(?i)\.pdf(\?|$)")
    date: DateRule = DateRule()


class Paging(_Part):
    """Further pages of a list: by a link to the next page, or by numbered addresses."""

    next: Selector | None = Field(None, description="CSS selector of the link to the next page")
    pattern: WebAddress | None = Field(None, description="address with {page}")
    first: int = Field(2, ge=0, description="first number that stands for {page}")
    last: int = Field(50, ge=0, le=1000, description="last number, or the most pages that `next` leads to")

    @model_validator(mode="after")
    def _one_way(self) -> Paging:
        if (self.next is None) == (self.pattern is None):
            raise ValueError("expected either next or pattern")
        if self.pattern is not None and "{page}" not in self.pattern:
            raise ValueError("pattern: expected {page} in it")
        return self


class ListingSource(_Part):
    """Web pages that list publications."""

    kind: Literal["listing"]
    pages: tuple[WebAddress, ...] = Field(min_length=1, description="first page of each list")
    paging: Paging | None = None
    encoding: Encoding | None = Field(None, description="left out: what the answer, then the page itself says")
    item: Selector | None = Field(None, description="CSS selector of one entry; left out: each link is one")
    link: LinkRule = LinkRule(url=r"(?i)\.pdf(\?|$)")
    date: DateRule = DateRule()
    detail: DetailRule | None = Field(None, description="left out: the links lead to the PDFs themselves")
    login: Secret | None = Field(None, description="user:password of the site")
    token: Secret | None = Field(None, description="sent as Authorization: Bearer …")


class BucketSource(_Part):
    """Objects below an address that fsspec understands."""

    kind: Literal["bucket"]
    url: str = Field(pattern=r"^(s3|file|memory)://[^/@]*(/|$)", description="s3://bucket/folder/ or file:///folder/")
    pattern: str = Field("*.pdf", description="object names to take, case-insensitive")
    options: dict[str, Any] = Field(default_factory=dict, description="fsspec options, for example endpoint_url, anon")
    secrets: dict[str, Secret] = Field(default_factory=dict, description="fsspec options that are secret: key, secret")

    @model_validator(mode="after")
    def _no_secrets_in_options(self) -> BucketSource:
        for name in self.options:
            if SECRET_WORDS.search(name):
                raise ValueError(f"options.{name}: a secret belongs under `secrets`, by reference")
        return self


class FolderSource(_Part):
    """A folder of PDFs, with its sub-folders."""

    kind: Literal["folder"]
    path: str | None = Field(None, description="the folder; left out: the setting JIXIAO_INBOX")
    pattern: str = Field("*.pdf", description="file names to take, case-insensitive")


Source = Annotated[FolderSource | ListingSource | BucketSource, Field(discriminator="kind")]


class Politeness(_Part):
    """Request limits for a site, and the name and contact of the client."""

    delay_seconds: float = Field(1.0, ge=0, le=600, description="between the starts of two requests")
    max_delay_seconds: float = Field(60.0, ge=0, le=86_400, description="the most that a Crawl-delay is obeyed")
    night_seconds: float = Field(
        3600, gt=0, le=5400, description="time that its lists, then its files, may take a night"
    )
    max_links: int = Field(20_000, ge=1, le=1_000_000, description="links that are taken of its lists")
    concurrency: int = Field(2, ge=1, le=32, description="requests at the same time")
    robots: bool = Field(True, description="ask robots.txt and obey it")
    contact: str | None = Field(None, description="address or mail that the user agent names")
    timeout_seconds: float = Field(30, gt=0, description="silence after which an answer counts as broken")
    request_seconds: float = Field(600, gt=0, description="whole time that one answer may take")
    attempts: int = Field(3, ge=1, le=10, description="attempts where a failure may pass")
    backoff_seconds: float = Field(2.0, ge=0, description="wait before the second attempt; doubles each time")


class Season(_Part):
    """The days of the year in which a publisher publishes; they may span the new year."""

    start: MonthDay
    end: MonthDay
    patience_days: int = Field(21, ge=0, description="days into the season after which nothing new is an alert")


class HandAnswer(_Part):
    """An answer to a question of the reader, written by hand."""

    question: str = Field(pattern=r"^[0-9a-f]{16}$", description="its key, as `jixiao questions list` shows it")
    choice: str = Field(min_length=1, description="one of its choices")
    by: str = Field(min_length=1, description="who chose it")
    why: str = Field("", description="the reason")


class Publisher(_Part):
    """One publisher file."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    name: str | None = None
    aliases: tuple[str, ...] = ()
    region_code: str | None = Field(None, pattern=r"^\d{6}$", description="GB/T 2260; indicator codes are local to it")
    parent: str | None = Field(
        None, pattern=r"^[a-z0-9][a-z0-9-]*$", description="code of the publisher that this one is a part of"
    )
    document_kind: DocumentKind | None = Field(None, description="of all its documents, whatever their titles say")
    season: Season | None = None
    expected: dict[DocumentKind, int] = Field(default_factory=dict, description="editions a fiscal year, by kind")
    patience_hours: float = Field(36, gt=0, description="after which a publication seen must be in a release")
    shrink_pct: int = Field(50, ge=1, le=100, description="a list or file smaller by this is a finding")
    politeness: Politeness = Politeness()
    allowed_hosts: tuple[str, ...] = Field((), description="besides those of `pages`: host, *.domain, host:port")
    allowed_addresses: tuple[Network, ...] = Field((), description="networks that are not public, yet may be asked")
    passwords: tuple[Secret, ...] = Field((), description="that open its protected PDFs")
    words: dict[HeaderWord, WordMeaning] = Field(
        default_factory=dict, description="header word: the column that it heads, or ignored; where the reader asks"
    )
    answers: tuple[HandAnswer, ...] = Field((), description="answers to questions of the reader")
    source: Source | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Its name and the other names that its PDFs print; none of a place where several publishers' arrive."""
        return tuple(name for name in (self.name, *self.aliases) if name)

    @property
    def owns_source(self) -> bool:
        """True if all documents of the source are this publisher's."""
        return self.name is not None and self.source is not None
