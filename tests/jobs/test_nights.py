"""A site is ingested by the real DAG, night after night: what is new, what is unchanged, what moved, what is gone."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sites import Site, publisher_file

from extract.cli.record_rows import status_of
from extract.ledger import Ledger
from extract.settings import PROJECT, Settings

pytestmark = pytest.mark.slow

PUBLICATIONS = PROJECT / "demo/publications"
NIGHTS = """
import json, sys
from extract.jobs.local_run import RunError, run_dag, start_airflow
from extract.settings import get_settings
start_airflow(get_settings())
exec(sys.argv[1])
for line in sys.stdin:
    try:
        run_dag(get_settings(), *json.loads(line), print)
    except RunError as error:
        print("NIGHT", error, flush=True)
    else:
        print("NIGHT", flush=True)
"""


class Home:
    """A home of its own, and one process that runs its DAGs: starting Airflow takes longer than a night."""

    def __init__(self, folder: Path, patch: str = "") -> None:
        self.home = folder / "var"
        self.publishers = folder / "publishers"
        self.settings = Settings(home=self.home, publishers_dir=self.publishers)
        environment = {
            **os.environ,
            "JIXIAO_HOME": str(self.home),
            "JIXIAO_PUBLISHERS_DIR": str(self.publishers),
            "JIXIAO_SETTLE_SECONDS": "0",
            "GZ_TOKEN": "t0p-s3cret",
        }
        self.child = subprocess.Popen(
            [sys.executable, "-c", NIGHTS, patch],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def night(self, dag_id: str = "ingest", **conf: object) -> str:
        """Run a DAG; returns why it ended red, empty when it ended green."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps([dag_id, conf]) + "\n")
        self.child.stdin.flush()
        for line in self.child.stdout:
            if line.startswith("NIGHT"):
                return line.removeprefix("NIGHT").strip()
        raise AssertionError("the process that runs the nights has ended")

    def close(self) -> None:
        self.child.kill()
        self.child.communicate()

    def status(self) -> dict[str, Any]:
        return status_of(Ledger(self.settings.ledger_url or ""), self.settings)

    def counts(self) -> tuple[int, ...]:
        status = self.status()
        assert status["seen"] == sum(status[name] for name in ("loaded", "unchanged", "refused", "failed"))
        return tuple(status[name] for name in ("seen", "loaded", "unchanged", "refused", "failed"))

    def ledger(self, query: str) -> list[tuple[Any, ...]]:
        with sqlite3.connect(self.home / "ledger.db") as connection:
            return connection.execute(query).fetchall()

    def raw(self, query: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.home / "build.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def written(self) -> Iterator[tuple[Path, bytes]]:
        yield from ((path, path.read_bytes()) for path in self.home.rglob("*") if path.is_file())


def build(site: Site) -> None:
    """Two list pages in GBK, one list in UTF-8, detail pages with relative links, a redirect, what breaks."""
    first = """<html><head><meta charset="gb2312"></head><body><ul>
      <li><a href="detail/1.html" title="某局2025年绩效目标">某局2025年…</a><span>2025-02-10</span></li>
      <li><a href="./detail/2.html">某局2024年绩效目标</a><span>2024年3月5日</span></li>
      <li><a href="detail/news.html">通知公告</a><span>2025-01-01</span></li>
    </ul><a class="next" href="list_2.html">下一页</a></body></html>"""
    second = """<html><body><ul><li><a href="detail/3.html">某局绩效目标（补充）</a><span>2023-13-45</span></li>
      <li><a href="detail/4.html">某局绩效目标说明</a></li>
      <li><a href="detail/5.html">某局绩效目标旧文</a></li></ul></body></html>"""
    site.put("/gov/list.html", first.encode("gb18030"), content_type="text/html; charset=gbk")
    site.put("/gov/list_2.html", second.encode("gb18030"), content_type="text/html; charset=GB2312")
    site.put("/gov/detail/1.html", '<a href="../files/2025.pdf">附件</a>')
    site.put("/gov/detail/2.html", '<meta name="PubDate" content="2024-03-06"><a href="/old/2024.pdf">附件1</a>')
    site.put("/old/2024.pdf", b"", status=302, headers={"Location": "/gov/files/2024.pdf"}, etag=False, modified=None)
    site.put("/gov/detail/3.html", '<a href="../files/error.pdf">附件</a>')
    site.put("/gov/detail/4.html", "<p>见附表</p>")
    site.put("/gov/detail/5.html", '<a href="../files/never.pdf">附件</a>')
    site.put("/gov/files/2025.pdf", (PUBLICATIONS / "2025.pdf").read_bytes())
    site.put("/gov/files/2024.pdf", (PUBLICATIONS / "2024.pdf").read_bytes())
    site.put("/gov/files/error.pdf", "<html>404</html>")
    site.put("/robots.txt", "User-agent: *\nAllow: /\n", content_type="text/plain")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Site]]:
    """A home after its first night."""
    site = Site()
    build(site)
    home = Home(tmp_path_factory.mktemp("town"))
    source = {
        "kind": "listing",
        "pages": [f"{site.url}/gov/list.html"],
        "paging": {"next": "a.next"},
        "item": "li",
        "link": {"title": "绩效目标"},
        "date": {"selector": "span"},
        "detail": {},
        "token": {"env": "GZ_TOKEN"},
    }
    publisher_file(
        home.publishers, site, name="某局", aliases=["珠海高新区党群工作部"], source=source, politeness={"robots": True}
    )
    assert home.night() == ""
    yield home, site
    home.close()
    site.close()


@pytest.mark.usefixtures("town")
class TestNights:
    """One after the other: each night begins where the last one ended."""

    def test_the_first_night_accounts_for_everything_listed(self, town: tuple[Home, Site]) -> None:
        home, site = town
        assert home.counts() == (5, 2, 0, 3, 0)
        reasons = {(one["file"].removeprefix(site.url), one["reason"]) for one in home.status()["refusals"]}
        assert reasons == {
            ("/gov/files/error.pdf", "not_pdf"),
            ("/gov/detail/4.html", "not_pdf"),
            ("/gov/files/never.pdf", "gone"),
        }
        assert site.asked("/gov/detail/news.html") == [], "no title that counts"

    def test_titles_and_dates_are_those_of_the_list_whatever_its_encoding(self, town: tuple[Home, Site]) -> None:
        home, _ = town
        rows = home.ledger("SELECT title, printed_on FROM documents ORDER BY printed_on")
        assert rows == [("某局2024年绩效目标", "2024-03-05"), ("某局2025年绩效目标", "2025-02-10")]
        dates = home.raw("SELECT fiscal_year, published_on FROM raw.documents ORDER BY 1")
        assert [(year, str(day)) for year, day in dates] == [(2024, "2024-03-05"), (2025, "2025-02-10")]

    def test_documents_carry_the_code_of_the_file_though_their_titles_print_another_name(
        self, town: tuple[Home, Site]
    ) -> None:
        home, _ = town
        assert home.raw("SELECT DISTINCT publisher_code, publisher_name FROM raw.documents") == [("gz", "某局")]

    def test_the_second_night_asks_conditionally_and_downloads_nothing(self, town: tuple[Home, Site]) -> None:
        home, site = town
        before = len(site.requests)
        assert home.night() == ""
        assert home.counts() == (5, 0, 2, 3, 0)
        asked = [one for one in site.requests[before:] if one.path not in ("/robots.txt", "/gov/files/never.pdf")]
        assert all(one.is_conditional for one in asked)
        assert {one.status for one in asked} == {304, 302}
        assert len({one.path for one in asked}) == len(asked), "each address once"

    def test_a_replaced_file_is_a_new_edition_and_what_is_gone_or_moved_stays(self, town: tuple[Home, Site]) -> None:
        home, site = town
        site.put("/gov/files/2025.pdf", site.resources["/gov/files/2025.pdf"].body + b"\n% corrected\n%%EOF\n")
        site.resources["/gov/files/2024-moved.pdf"] = site.resources.pop("/gov/files/2024.pdf")
        site.put("/gov/detail/2.html", '<a href="/gov/files/2024-moved.pdf">附件1</a>')
        second = site.resources["/gov/list_2.html"].body.decode("gb18030")
        shorter = second.replace('<li><a href="detail/5.html">某局绩效目标旧文</a></li>', "")
        site.put("/gov/list_2.html", shorter.encode("gb18030"), content_type="text/html; charset=GB2312")
        assert home.night() == ""
        assert home.counts() == (4, 1, 1, 2, 0)
        editions = home.raw("SELECT fiscal_year, count(*) FROM raw.documents GROUP BY 1 ORDER BY 1")
        assert editions == [(2024, 1), (2025, 2)]
        moved = home.ledger("SELECT count(DISTINCT url) FROM sightings WHERE url LIKE '%2024%' AND sha256 IS NOT NULL")
        assert moved == [(2,)], "one document, two places"

    def test_a_site_that_breaks_makes_the_night_red_and_loses_nothing(self, town: tuple[Home, Site]) -> None:
        home, site = town
        body = site.resources["/gov/files/2025.pdf"].body + b"% once more\n%%EOF\n"
        site.put("/gov/files/2025.pdf", body, status=503)
        assert "failed tasks: close" in home.night()
        assert home.counts() == (4, 0, 1, 2, 1)
        site.put("/gov/files/2025.pdf", body)
        assert home.night() == ""
        assert home.counts() == (4, 1, 1, 2, 0)

    def test_a30_a_list_that_shows_nothing_is_told_and_nothing_is_deleted(self, town: tuple[Home, Site]) -> None:
        home, site = town
        before = home.raw("SELECT DISTINCT sha256 FROM raw.documents ORDER BY 1")
        kept = site.resources["/gov/list.html"]
        site.put("/gov/list.html", "<html>网站维护中</html>")
        assert home.night() == ""
        assert home.counts() == (0, 0, 0, 0, 0)
        status = home.status()
        assert [one["code"] for one in status["findings"]] == ["listing_empty"]
        assert "listing_empty" in status["publishers"][0]["alerts"][0]
        assert home.raw("SELECT DISTINCT sha256 FROM raw.documents ORDER BY 1") == before
        assert "failed tasks: check" in home.night("freshness")
        site.resources["/gov/list.html"] = kept

    def test_a_list_that_cannot_be_had_makes_the_night_red_and_names_the_publisher(
        self, town: tuple[Home, Site]
    ) -> None:
        home, site = town
        kept = site.resources["/gov/list.html"]
        site.put("/gov/list.html", b"", status=500)
        assert "failed tasks: close" in home.night()
        assert [one["code"] for one in home.status()["findings"]] == ["not_listed"]
        site.resources["/gov/list.html"] = kept
        assert home.night() == ""
        assert home.counts() == (4, 0, 2, 2, 0)

    def test_a_person_decides_through_the_replay_dag_and_the_ledger_knows_who(self, town: tuple[Home, Site]) -> None:
        home, site = town
        site.put("/gov/detail/4.html", '<a href="../files/odd.pdf">附件</a>')
        site.put("/gov/files/odd.pdf", b"%PDF-1.4\nnothing that a reader could read\n%%EOF\n")
        assert home.night() == ""
        ((sha256, reason),) = home.ledger("SELECT sha256, reason FROM documents WHERE state = 'refused'")
        assert home.night("replay", ids=[sha256[:12]], decision="retry", by="李四") == ""
        assert home.ledger(f"SELECT state FROM documents WHERE sha256 = '{sha256}'") == [("refused",)]
        assert len(home.ledger(f"SELECT 1 FROM attempts WHERE sha256 = '{sha256}'")) == 2, "it was read again"
        assert home.night("replay", reason=reason, decision="drop", by="李四", why="no target table") == ""
        assert home.ledger(f"SELECT state FROM documents WHERE sha256 = '{sha256}'") == [("dropped",)]
        decisions = home.ledger("SELECT action, decided_by FROM decisions ORDER BY decision_id")
        assert decisions == [("retry", "李四"), ("drop", "李四")]

    def test_a27_the_token_of_the_site_is_nowhere_in_the_home(self, town: tuple[Home, Site]) -> None:
        home, site = town
        assert site.requests[0].headers["Authorization"] == "Bearer t0p-s3cret"
        for path, content in home.written():
            assert b"t0p-s3cret" not in content, path


LEDGER_AWAY = """
import datetime
import extract.jobs.airflow, extract.jobs.ingest as steps
from sqlalchemy.exc import OperationalError
extract.jobs.airflow.TASK_DEFAULTS["retry_delay"] = datetime.timedelta(0)
really = steps.discover_source
def discover_source(publisher, *more):
    if publisher.code == "bad":
        raise OperationalError("SELECT 1", {}, OSError("the ledger is away"))
    return really(publisher, *more)
steps.discover_source = discover_source
"""


def test_a31_a_task_that_fails_for_one_publisher_costs_no_other_its_night(tmp_path: Path) -> None:
    site, home = Site(), Home(tmp_path, LEDGER_AWAY)
    try:
        for code in ("bad", "good"):
            source = {"kind": "listing", "pages": [f"{site.url}/{code}.html"]}
            publisher_file(home.publishers, site, code=code, name=f"{code}局", source=source)
            site.put(f"/{code}.html", f'<a href="/{code}.pdf">2025</a>')
        site.put("/good.pdf", (PUBLICATIONS / "2025.pdf").read_bytes())
        assert "failed tasks: close, publisher.discover" in home.night()
        assert home.counts() == (1, 1, 0, 0, 0)
        log = (home.home / "logs/ingest.log").read_text(encoding="utf-8")
        assert "publisher.discover of bad" in log
        assert [one["publisher"] for one in home.status()["findings"]] == ["bad"]
    finally:
        home.close()
        site.close()
