"""Define the frozen types that pass between stages; no stage passes a dict.

    Publication ─land→ LandedPdf ─read→ PageGrids ─interpret→ Reading (Part, Record) ─stage→ raw tables

Geometry is in points (1/72 inch) of the page as displayed (after /Rotate), origin top left, y downwards.
Text is as printed: line breaks inside a cell and blanks that the PDF puts between CJK characters are removed, nothing
else. A column that a form does not print is absent from `Record.cells`; a cell that is printed blank is ''.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from extract.errors import Reason

Quad = tuple[float, float, float, float]  # x0, y0, x1, y1


class Box(NamedTuple):
    """A rectangle on a displayed page: left, top, right, bottom, in points."""

    x0: float
    y0: float
    x1: float
    y1: float


class Column(StrEnum):
    """The canonical columns: the meaning of a printed header word."""

    UNIT = "unit"
    PROJECT = "project"
    CATEGORY = "category"
    AMOUNT = "amount"  # 年度资金: what the project may spend in the fiscal year
    OVERALL_GOAL = "overall_goal"  # 总体/实施期/中期目标
    ANNUAL_GOAL = "annual_goal"  # 年度目标, and a lone 绩效目标
    LEVEL1 = "level1"
    LEVEL2 = "level2"
    INDICATOR = "indicator"
    CYCLE_VALUE = "cycle_value"  # 实施周期指标值
    ANNUAL_VALUE = "annual_value"  # 年度指标值, and a lone 指标值
    SIGN = "sign"
    VALUE = "value"
    MEASURE_UNIT = "measure_unit"
    WEIGHT = "weight"
    ACTUAL_VALUE = "actual_value"
    SCORE = "score"
    DEVIATION = "deviation"  # 偏差原因分析及改进措施
    PROJECT_CODE = "project_code"
    DEPARTMENT = "department"
    AMOUNT_TOTAL = "amount_total"  # 项目资金总额, over all years
    AMOUNT_ADJUSTED = "amount_adjusted"  # 全年预算数
    AMOUNT_EXECUTED = "amount_executed"  # 全年执行数
    ADJUSTED_VALUE = "adjusted_value"  # 调整指标值
    PRIOR_VALUE = "prior_value"  # 上年度实际水平


IGNORED = "ignored"  # what a header word means that heads nothing we load

AMOUNT_KINDS: Mapping[Column, str] = {
    Column.AMOUNT: "year",
    Column.AMOUNT_TOTAL: "total",
    Column.AMOUNT_ADJUSTED: "adjusted",
    Column.AMOUNT_EXECUTED: "executed",
}
GOALS = (Column.OVERALL_GOAL, Column.ANNUAL_GOAL)


class DocumentKind(StrEnum):
    """The kind of a publication; part of the grain of every fact."""

    TARGET = "target"
    APPROVAL = "approval"
    ADJUSTED = "adjusted"
    SELF_EVALUATION = "self_evaluation"


class Scope(StrEnum):
    """Subject of a row of indicators: one project, or the whole department (部门整体绩效目标表)."""

    PROJECT = "project"
    DEPARTMENT = "department"


@dataclass(frozen=True, slots=True)
class Publication:
    """An item seen at a source. `url` identifies it there; `title` and `printed_on` come from the listing."""

    publisher: str
    url: str
    title: str | None = None
    printed_on: date | None = None
    listing: str | None = None
    version: str | None = None  # changes with the bytes, where a source can say so without a request (a bucket)


@dataclass(frozen=True, slots=True)
class LandedPdf:
    """Bytes in the archive, named by their hash."""

    sha256: str
    path: Path
    size: int
    landed_at: datetime


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text outside every table: titles, captions, notes, page numbers."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Cell:
    """A ruled cell; row and col are 0-based in its grid, spans count lattice rows and columns."""

    row: int
    col: int
    rowspan: int
    colspan: int
    box: Box
    text: str


@dataclass(frozen=True, slots=True)
class Grid:
    """One ruled table on one page; its cells tile it without gap or overlap, in row-major order."""

    page: int
    table: int
    box: Box
    n_rows: int
    n_cols: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class PageGrids:
    """One page as ruled tables plus the lines outside them; `page` is 1-based."""

    page: int
    width: float
    height: float
    grids: tuple[Grid, ...]
    lines: tuple[Line, ...]
    dropped: Mapping[str, int]  # glyphs not kept, by reason: clipped, invisible, watermark, duplicate, hidden


@dataclass(frozen=True, slots=True)
class Printed:
    """Text as printed with its place, which makes a figure traceable."""

    text: str
    page: int
    box: Box


@dataclass(frozen=True, slots=True)
class Record:
    """One indicator row as printed, with the cells that merged over it.

    `part`, `table`, `page`, `row` and `project_no` are 1-based; `row` counts indicator rows on the page, `project_no`
    counts projects in the part in printed order (two projects may share a name; projects that are held back count
    too). `amounts` holds 元, exactly. `title` is what its own form or table prints above itself.
    """

    part: int
    table: int
    page: int
    row: int
    project_no: int
    box: Box
    cells: Mapping[Column, Printed]
    amounts: Mapping[Column, Decimal]
    scope: Scope = Scope.PROJECT
    title: str = ""


class QuestionKind(StrEnum):
    """Kinds of questions about a place that can be read in several ways."""

    YEAR = "year"  # of which year the tables under a title are
    HEADER_WORD = "header_word"  # which column an unlisted word heads
    SAME_COLUMN = "same_column"  # which of several words heads a column
    AMOUNT = "amount"  # which of two amounts of a project counts
    FIRST_ROW = "first_row"  # whether the first row of a page goes on with the row above


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to read a place: `value` names it in an answer, `text` is what is printed there or what it means."""

    value: str
    text: str
    page: int | None = None
    box: Box | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A place that can be read in several ways; a person chooses one of them and types no figure.

    `key` (16 hexadecimal digits) is the same at every reading; where `is_general`, it depends on words and a layout
    alone, so that an answer may hold for other documents of the publisher. `asked` is the printed text in question,
    `near` the text below or beside it, `layout` the fingerprint of the words around it, `publisher` the publisher that
    the document prints.
    """

    key: str
    kind: QuestionKind
    page: int
    asked: str
    choices: tuple[Choice, ...]
    box: Box | None = None
    layout: str = ""
    near: str = ""
    is_general: bool = False
    publisher: str = ""
    reader_version: str = ""
    answer: str = ""  # the value of the choice that the reading rests on, "" without an answer


@dataclass(frozen=True, slots=True)
class Answer:
    """A person's choice: for the question `key`, or by hand for a header word (`word`) wherever it is asked about."""

    choice: str
    by: str
    why: str = ""
    key: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    """A project that is not delivered, or a place whose project is not known; `page` and `last_page` are 1-based.

    `part` and `project_no` are those that its records would carry, 0 where nothing of it was read. `detail` names what
    was expected and what was found.
    """

    reason: Reason
    page: int
    last_page: int
    detail: str
    project: str | None = None
    unit: str | None = None
    part: int = 0
    project_no: int = 0
    box: Box | None = None
    scope: Scope = Scope.PROJECT
    questions: tuple[Question, ...] = ()  # whose answers may release it


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """Two places of one document that should agree: evidence where they do, a finding where they differ.

    `kind` is listed_amount (a list elsewhere prints the project's amount) or weights (they add up to 90 or 100).
    `expected` comes from the project's own table, `printed` from `page`; amounts in 元.
    """

    kind: str
    page: int
    project_page: int
    project: str
    expected: str
    printed: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Part:
    """The tables of a PDF that belong to one publisher, fiscal year and kind; most PDFs have one part."""

    part: int
    title: str
    publisher: str
    fiscal_year: int
    document_kind: DocumentKind
    columns: tuple[Column, ...]  # in printed order: the layout
    headers: tuple[str, ...]  # the words printed above them


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to report to a person although the document is loaded."""

    code: str
    detail: str
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The content of one PDF."""

    sha256: str
    page_count: int
    readers: tuple[str, ...]  # that read it and agree; the first is the one whose result counts
    parts: tuple[Part, ...]
    records: tuple[Record, ...]
    findings: tuple[Finding, ...] = ()
    held: tuple[Held, ...] = ()  # projects that are printed and not loaded, with reasons
    cross_checks: tuple[CrossCheck, ...] = ()
    settled: tuple[Question, ...] = ()  # questions whose answers the reading rests on


@dataclass(frozen=True, slots=True)
class TargetValue:
    """A printed target as numbers; see docs/targets.md. `text` is as printed."""

    text: str
    comparator: str | None  # eq gt ge lt le approx range qualitative, None where no target can be read
    low: Decimal | None
    high: Decimal | None
    unit: str | None
    per: str | None
    is_percent: bool
    value_type: str  # number percent money date ratio boolean text empty placeholder composite
    implicit: bool  # no comparator is printed, so `eq` is our reading
    suspect: bool  # parsed literally, but the text looks damaged or contradicts itself
    date_low: str | None = None  # YYYY-MM-DD, or --MM-DD where no year is printed
    date_high: str | None = None


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """A cache entry of an address: validators for a conditional request, and the content of its last answer.

    A document leaves `sha256`, or the `reason` why it was not taken; a page of a site leaves what was `found` on
    it.
    """

    url: str
    etag: str | None = None
    last_modified: str | None = None
    version: str | None = None  # what a bucket's own list says: unchanged means no request at all
    sha256: str | None = None
    size: int | None = None
    reason: str | None = None
    detail: str | None = None
    found: str | None = None  # JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Landing:
    """The outcome of landing one publication: bytes or error, cache entry, findings."""

    publication: Publication
    landed: LandedPdf | None = None
    error: Exception | None = None
    cache_entry: CacheEntry | None = None
    findings: tuple[Finding, ...] = ()
