"""What stands in the report's files, and when they are written."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extract import report
from extract.errors import Reason
from extract.jobs.publish import publish
from extract.ledger import Ledger
from extract.releases.shelves import served_release
from extract.report import charts, model_docs, refresh_night_report, write_night_report, writing
from extract.report.linked_pages import Sheets
from extract.report.night import REASON_WORDS
from extract.report.release_queries import open_release
from extract.report.safe_text import clean_text
from extract.settings import PROJECT, Settings
from extract.translations import load_chinese


def index_of(settings: Settings) -> str:
    return (settings.current / "report/index.html").read_text(encoding="utf-8")


def test_the_release_carries_its_report_and_the_home_the_newest_one(reported: Settings) -> None:
    release = served_release(reported)
    assert release is not None
    for page in (reported.current / "report/index.html", reported.home / "report/index.html"):
        assert release["release_id"] in page.read_text(encoding="utf-8")
    assert (reported.home / "report").is_symlink()


def test_figures_that_are_counted_once_are_those_of_all_rows(reported: Settings) -> None:
    with open_release(reported, reported.current) as figures:
        for listing in (figures.target_changes(), figures.copied_shares(), figures.findings()):
            (counted,) = figures.rows(f"SELECT count(*) AS n FROM ({listing.sql}) AS listed")
            assert listing.total == counted["n"] > 0, listing.sql
        places = {
            row["target_key"]: (row["page"], row["sha256"])
            for row in figures.rows(
                "SELECT t.target_key, t.page, d.sha256 FROM fct_indicator_targets AS t "
                "INNER JOIN dim_documents AS d ON t.document_key = d.document_key"
            )
        }
        for row in figures.target_changes().rows:
            for prior in ("", "prior_"):
                found = row[f"{prior}page"], row[f"{prior}sha256"]
                assert found == places.get(row[f"{prior}target_key"], (None, None))


def test_every_refusal_stands_there_with_reason_picture_and_the_command_that_tries_again(reported: Settings) -> None:
    text = index_of(reported)
    refused = Ledger(reported.ledger_url or "").refusals()
    assert {one["reason"] for one in refused} == {"not_pdf", "year_unknown", "unknown_header"}
    for one in refused:
        assert f"jixiao refusals retry {one['sha256'][:12]} &amp;&amp; jixiao run" in text
        page = reported.current / "report/documents" / f"{one['sha256'][:16]}.html"
        assert f"documents/{page.name}#p-{one['page'] or 1}" in text
        picture = reported.current / "report/pages" / f"{one['sha256'][:16]}-{one['page'] or 1}.png"
        assert picture.exists() == (one["reason"] != "not_pdf")
        if one["reason"] == "not_pdf":
            assert "No picture of this page" in page.read_text(encoding="utf-8")


def test_the_four_counts_stand_there_and_add_up(reported: Settings) -> None:
    night = index_of(reported).split('id="night"', 1)[1]
    counts = [int(n) for n in re.findall(r"<b>(\d+)</b><span", night)][:5]
    assert counts == [6, 3, 0, 3, 0]
    assert counts[0] == sum(counts[1:])


def test_every_link_leads_somewhere(reported: Settings) -> None:
    folder = reported.current / "report"
    pages = [folder / "index.html", *(folder / "documents").glob("*.html")]
    assert len(pages) == 7
    checked = 0
    for page in pages:
        for href in re.findall(r'(?:href|src)="([^"]+)"', page.read_text(encoding="utf-8")):
            if href.startswith(("data:", "http")):
                continue
            name, _, fragment = href.partition("#")
            target = (page.parent / name).resolve() if name else page
            assert target.exists(), href
            if fragment:
                assert f'id="{fragment}"' in target.read_text(encoding="utf-8"), href
            checked += 1
    assert checked > 500


def test_the_files_name_no_network_and_no_place_of_this_machine(reported: Settings) -> None:
    folder = reported.current / "report"
    for page in (folder / "index.html", *(folder / "documents").glob("*.html")):
        text = page.read_text(encoding="utf-8")
        text = text.replace((reported.home.parent / "inbox").as_uri(), "")  # where the publications came from
        assert str(reported.home.parent) not in text
        assert not re.findall(r'(?:src|href|action)="(?:https?:)?//', text)
        assert " style=" not in text, "the policy forbids it"
        assert "default-src 'none'" in text


def test_the_same_release_gives_the_same_pages(reported: Settings, tmp_path: Path) -> None:
    release = served_release(reported)
    assert release is not None
    texts = []
    for name in ("first", "second"):
        folder = tmp_path / name
        shutil.copytree(reported.current.resolve(), folder, ignore=shutil.ignore_patterns("report"))
        report.write_release_report(reported, folder, release)
        text = (folder / "report/index.html").read_text(encoding="utf-8")
        texts.append(re.sub(r"<time .*?</time>", "", text))
    assert texts[0] == texts[1]


def test_a_report_that_fails_stops_no_release_and_says_so(reported: Settings, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "var")
    shutil.copytree(reported.home, settings.home, symlinks=True)
    import duckdb

    with duckdb.connect(str(settings.build_db)) as build:
        build.execute("DROP TABLE marts.quality_findings")
    assert publish(settings)["published"]
    text = index_of(settings)
    assert "The report could not be written" in text
    assert "jixiao report" in text
    refresh_night_report(settings)  # does not raise either
    assert not list((settings.home / "reports").glob(".*")), "nothing half-written stays"


def test_a_night_without_a_release_still_shows_its_refusals(
    settings: Settings, night: Callable[[Settings, Path, str], None]
) -> None:
    inbox = settings.home.parent / "inbox"
    inbox.mkdir()
    shutil.copy(PROJECT / "tests/fixtures/x07_no_year.pdf", inbox)
    night(settings, inbox, "night-1")
    page = write_night_report(settings)
    text = page.read_text(encoding="utf-8")
    assert "Nothing is published yet." in text
    assert "year_unknown" in text
    assert not settings.current.exists()


def test_the_page_before_stays_for_those_who_have_it_open(reported: Settings) -> None:
    before = (reported.home / "report").resolve()
    write_night_report(reported)
    write_night_report(reported)
    kept = sorted(path.name for path in (reported.home / "reports").iterdir())
    assert len(kept) == 2
    assert (reported.home / "report").resolve().name == kept[-1] != before.name


def test_pictures_are_bounded_in_number_and_bytes(reported: Settings, tmp_path: Path) -> None:
    release = served_release(reported)
    assert release is not None
    for limits, pictures in (({"report_pages": 2}, 2), ({"report_megabytes": 0}, 0)):
        settings = Settings(home=reported.home, **limits)
        folder = tmp_path / str(pictures)
        shutil.copytree(reported.current.resolve(), folder, ignore=shutil.ignore_patterns("report"))
        report.write_release_report(settings, folder, release)
        assert len(list(folder.glob("report/pages/*.png"))) == pictures
        text = (folder / "report/index.html").read_text(encoding="utf-8")
        if pictures:
            assert "jixiao show" in text, "a figure without a picture has its command"


def test_a_picture_is_the_page_and_has_its_size(reported: Settings) -> None:
    for page in (reported.current / "report/documents").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        for name, wide, high in re.findall(r'src="\.\./(pages/[^"]+)" width="(\d+)" height="(\d+)"', text):
            with Image.open(reported.current / "report" / name) as image:
                assert image.size == (int(wide), int(high))


def test_beyond_the_limit_a_link_is_none_and_known_pages_stay() -> None:
    sheets = Sheets(1)
    assert sheets.link("a" * 64, 3, "key") == f"documents/{'a' * 16}.html#c-key"
    assert sheets.link("a" * 64, 3) == f"documents/{'a' * 16}.html#p-3"
    assert sheets.link("a" * 64, 4) is None
    assert sheets.link("b" * 64, 1) is None
    assert sheets.link(None, 1) is None
    assert list(sheets.documents()) == [("a" * 64, [3])]


def test_every_reason_has_words_in_both_languages() -> None:
    assert set(REASON_WORDS) == set(Reason)
    assert set(REASON_WORDS.values()) <= set(load_chinese())


def test_every_word_of_the_templates_has_its_chinese() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in writing.TEMPLATES.glob("*.jinja"))
    heads = "".join(re.findall(r"head\(\[(.*?)\]\)", source))
    used = {*re.findall(r'\bt\("([^"]+)"\)', source), *(name.lstrip("#") for name in re.findall(r'"([^"]+)"', heads))}
    assert used <= set(load_chinese())
    assert all(re.search("[\u4e00-\u9fff%]", chinese) for chinese in load_chinese().values())


@pytest.mark.parametrize(
    ("text", "shown"),
    [("\u202etxt", "⟦U+202E⟧txt"), ("a\x00b", "a⟦U+0000⟧b"), ("\ud800", "⟦U+D800⟧"), ("≥200万\n件", "≥200万\n件")],
)
def test_a25_what_nobody_would_see_is_named(text: str, shown: str) -> None:
    assert clean_text(text) == shown


def make_change(name: str, **more: Any) -> dict[str, Any]:
    """A project of which the year before had no money."""
    return {
        "fiscal_year": 2025,
        "publisher_name": "p",
        "unit_name": "u",
        "project_key": name,
        "project_name": name,
        "prior_project_name": None,
        "status": "added",
        "amount_yuan": Decimal("10000.00"),
        "prior_amount_yuan": None,
        "href": None,
        **more,
    }


def test_a_long_name_goes_on_on_the_next_line_and_is_never_cut() -> None:
    name = "城乡居民基本医疗保险财政补助资金及大病保险补充项目（第一批提前下达WWWWWWWW）"
    (chart,) = charts.draw_waterfalls([make_change(name), make_change("短", status="unread")], writing._words())
    texts = re.findall(r">([^<>]+)</t", chart["svg"])
    assert "…" not in "".join(texts)
    lines = charts.wrap_label(name).split("\n")
    assert len(lines) > 1
    assert set(lines) <= set(texts)
    assert max(map(charts.measure, lines)) <= charts.LONGEST_LINE
    assert [kind for kind, _ in chart["legend"]] == ["added", "unread"]


def test_a25_a_chart_escapes_what_is_printed_and_fetches_nothing() -> None:
    row = make_change("</svg><script>alert(1)</script>'+\u202e", href="documents/x.html#c-1")
    twin = {**row, "project_key": "m", "amount_yuan": Decimal("20000.00"), "href": None}
    (chart,) = charts.draw_waterfalls([row, twin], writing._words())
    assert "<script" not in chart["svg"]
    assert "⟦U+202E⟧" in chart["svg"]
    assert 'href="documents/x.html#c-1"' in chart["svg"]
    assert "report.invalid" not in chart["svg"]
    assert " style=" not in chart["svg"]
    assert " (2)" in chart["svg"], "two projects of one name keep a line each"


def test_the_release_explains_its_tables_and_names_no_place_of_this_machine(reported: Settings) -> None:
    page = (reported.current / "docs/index.html").read_text(encoding="utf-8")
    assert json.dumps("指标值原文")[1:-1] in page
    for place in (reported.home, PROJECT):
        assert str(place) not in page


def test_the_documentation_is_written_again_only_when_a_model_changes(
    reported: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise AssertionError("dbt was started")

    monkeypatch.setattr(model_docs, "run_dbt", stop)
    model_docs.write_model_docs(reported, tmp_path)
    assert (tmp_path / "docs/index.html").read_bytes() == (reported.current / "docs/index.html").read_bytes()


def test_questions_stand_there_with_place_choices_and_the_command_to_copy(reported: Settings) -> None:
    page = index_of(reported)
    rows = {row["asked"]: row for row in Ledger(reported.ledger_url or "").questions(is_open=True)}
    articles = re.findall(r'<article class="asked".*?</article>', page, re.DOTALL)
    assert len(articles) == len(rows) == 2
    word, year = rows["考核刻度"], rows["部门预算项目绩效目标表"]
    of_one = f" --document {year['sha256'][:12]}"
    of_office = f" --publisher {shlex.quote(word['printed_publisher'])}"
    for row, wording, scope, boxes in ((word, "哪一列", of_office, 1), (year, "哪一年", of_one, 0)):
        (asked,) = (one for one in articles if row["key"] in one)
        assert wording in asked
        for choice in row["question"].choices:
            assert f"jixiao questions answer {row['key']} {choice.value}{scope} --why" in unescape(asked)
        (picture,) = re.findall(r'<image href="([^"]+)"', asked)
        assert (reported.night_report.parent / picture).read_bytes().startswith(b"\x89PNG")
        assert len(re.findall(r"<rect ", asked)) == boxes
