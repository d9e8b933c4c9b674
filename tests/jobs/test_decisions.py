"""What people are told of a publisher in the morning, and what they decide about what was refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sites import Site, ledger_of, pdf, publisher_file, see

from extract.errors import LedgerError, Reason, Refused
from extract.jobs import ingest
from extract.reading.reader_version import READER_VERSION
from extract.settings import PROJECT, Settings
from extract.warehouse.fingerprints import is_behind

if TYPE_CHECKING:
    from sites import Desk


def test_a_source_ahead_of_the_warehouse_is_told_after_the_publishers_patience(
    site: Site, night_settings: Settings
) -> None:
    from extract.sources.freshness import check_freshness, describe_alerts

    site.put("/list.html", '<a href="/a.pdf">a</a><a href="/b.pdf">b</a>')
    site.put("/a.pdf", pdf("a"))
    site.put("/b.pdf", b"", status=503)
    see(night_settings, "night")
    with pytest.raises(LedgerError):
        ingest.close(night_settings, "night")
    now = datetime.now(UTC)
    (row,) = check_freshness(night_settings, now, is_behind=is_behind(night_settings))
    assert (row.waiting, row.alerts) == (2, ())
    late = check_freshness(night_settings, now + timedelta(hours=37), is_behind=is_behind(night_settings))
    assert "gz: source ahead of warehouse: 2 publications wait" in describe_alerts(late)


@pytest.mark.parametrize(
    ("today", "said"),
    [
        ("2026-01-20", ""),  # the season has only begun
        ("2026-03-01", "nothing new in season: none since 2026-01-15; expected 2"),
        ("2026-05-01", "which is over"),
        ("2027-01-10", "none since 2026-01-15"),
    ],
)
def test_nothing_new_in_season_is_told(site: Site, desk: Desk, night_settings: Settings, today: str, said: str) -> None:
    from extract.sources.freshness import check_freshness, describe_alerts

    season = {"start": "01-15", "end": "03-31"}
    publisher_file(desk.folder, site, season=season, expected={"target": 1, "self_evaluation": 1})
    noon = datetime.fromisoformat(f"{today}T12:00:00+08:00")
    rows = check_freshness(night_settings, noon, is_behind=is_behind(night_settings))
    alerts = describe_alerts(rows)
    assert said in alerts
    assert bool(alerts) == bool(said)


def test_a28_a_season_begins_by_the_calendar_of_shanghai_and_may_reach_over_the_new_year() -> None:
    from extract.publishers.models import Season
    from extract.publishers.season import season_end, season_start

    winter = Season(start="12-01", end="02-29")
    assert season_start(winter, date(2026, 1, 5)) == date(2025, 12, 1)
    assert season_end(winter, date(2025, 12, 1)) == date(2026, 2, 28)


# -- replay ------------------------------------------------------------------------------------------------------------


def test_what_is_chosen_for_a_replay_fits_every_parameter(site: Site, night_settings: Settings) -> None:
    from extract.jobs.replay import apply_answer, choose_refused, make_question

    site.put("/list.html", '<a href="/a.pdf">{{ 7 * 7 }} [x](javascript:y)</a><a href="/b.pdf">b</a>')
    for name in "ab":
        site.put(f"/{name}.pdf", pdf(name))
    see(night_settings, "night")
    ledger = ledger_of(night_settings)
    first, second = (sha256 for batch in ingest.plan_batches(night_settings) for sha256 in batch)
    ledger.note_unread(first, READER_VERSION, Refused(Reason.NO_TABLE, "{{ ti.xcom_pull() }}"))
    ledger.note_unread(second, READER_VERSION, Refused(Reason.UNKNOWN_HEADER, "指标数", page=1))
    assert set(choose_refused(night_settings)) == {first, second}
    assert choose_refused(night_settings, reason="no_table") == [first]
    assert choose_refused(night_settings, ids=[second[:10]]) == [second]
    assert choose_refused(night_settings, publisher="gz", since="2100-01-01") == []
    with pytest.raises(LedgerError, match="not fitting"):
        choose_refused(night_settings, ids=[second[:10]], reason="no_table")
    questions = [make_question(night_settings, sha256) for sha256 in (first, second)]
    assert "{{" not in str(questions)
    assert "](" not in str(questions)
    assert "指标数" in questions[1]["body"]
    user = {"id": "1", "name": "张三"}
    accepted = {"chosen_options": ["accept"], "params_input": {"because": "no targets"}, "responded_by_user": user}
    assert apply_answer(night_settings, first, accepted) == "accept"
    again = {"chosen_options": ["retry"], "params_input": {}, "responded_by_user": user}
    assert apply_answer(night_settings, second, again) == "retry"
    assert choose_refused(night_settings) == []
    assert ingest.plan_batches(night_settings) == [[second]]
    assert ledger.history(first)["decisions"][0]["decided_by"] == "张三"


def test_the_picture_of_a_refused_page_is_drawn_or_honestly_missing(settings: Settings, tmp_path: Path) -> None:
    from extract.archive.stored_documents import land_bytes
    from extract.report.page_images import PictureError, draw_archived

    landed = land_bytes(settings.archive, (PROJECT / "demo/publications/2025.pdf").read_bytes())
    draw_archived(settings, landed.sha256, 1, tmp_path / "page.png")
    assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(PictureError, match="page 9999 cannot be drawn"):
        draw_archived(settings, landed.sha256, 9999, tmp_path / "none.png")
    broken = land_bytes(settings.archive, b"%PDF-1.7 nothing")
    with pytest.raises(PictureError, match="page 1 cannot be drawn"):
        draw_archived(settings, broken.sha256, 1, tmp_path / "none.png")
    assert [path.name for path in tmp_path.glob("*.p*")] == ["page.png"]
