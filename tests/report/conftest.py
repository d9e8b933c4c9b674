"""A release of real publications, one of hostile texts, and a browser: what the tests of the report share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from extract.jobs.publish import publish
from extract.report import write_night_report
from extract.settings import Settings

HOSTILE = (
    "<script>document.title='owned'</script>",
    "]]></script><img src=x onerror=alert(1)>",
    "'; DROP TABLE releases; --",
    "{{ 7 * 7 }} {% raw %}",
    '=HYPERLINK("http://example.invalid","x")',
    "\u202egnp.exe\u202c",
    "a\x00b\x1b[31m",
)


@pytest.fixture(scope="session")
def hostile(reported: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The same release with hostile texts in names, targets and findings, and 10,000 findings more."""
    home = tmp_path_factory.mktemp("hostile") / "var"
    shutil.copytree(reported.home, home, symlinks=True)
    settings = Settings(home=home)
    with duckdb.connect(str(settings.build_db)) as build:
        for place, text in enumerate(HOSTILE):
            build.execute(
                "UPDATE marts.yoy_project_budgets SET project_name = $1 WHERE project_pair_key IN (SELECT "
                "project_pair_key FROM marts.yoy_project_budgets ORDER BY project_pair_key LIMIT 1 OFFSET $2)",
                [text, place],
            )
            build.execute(
                "UPDATE marts.fct_indicator_targets SET target_text = $1 WHERE target_key IN (SELECT target_key FROM "
                "marts.fct_indicator_targets WHERE page = 1 ORDER BY target_key LIMIT 1 OFFSET $2)",
                [text, place],
            )
        build.execute("UPDATE marts.dim_documents SET title = $1", [HOSTILE[0]])
        build.execute(
            "INSERT INTO marts.quality_findings BY NAME SELECT q.* REPLACE (md5(n::VARCHAR) AS finding_key, "
            "$1 || n AS explanation_zh, $1 || n AS explanation_en) FROM range(10000) AS r(n), "
            "(SELECT * FROM marts.quality_findings WHERE check_code = 'C01' LIMIT 1) AS q",
            [HOSTILE[0]],
        )
        build.execute("DELETE FROM raw.mart_sums")
    publish(settings)
    write_night_report(settings)
    return settings


class Browser:
    """Chromium without a window, and what it said and asked for."""

    def __init__(self, language: str) -> None:
        from selenium import webdriver
        from selenium.webdriver.chrome.service import Service

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for argument in (
            "--headless=new",
            "--no-sandbox",  # CI runs as root; the pages are ours
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--window-size=1280,900",
            f"--lang={language}",
        ):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))

    def open(self, path: Path, fragment: str = "") -> None:
        """Open a file as a double click does."""
        self.driver.get(path.resolve().as_uri() + fragment)

    def run(self, script: str, *arguments: Any) -> Any:
        """What a piece of JavaScript returns."""
        return self.driver.execute_script(script, *arguments)

    def complaints(self) -> list[str]:
        """What stands in the console since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """Addresses that were asked for since the last call."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="session")
def browsers() -> Iterator[Callable[[str], Browser]]:
    """A browser per language, started once."""
    if not (shutil.which("chromium") and shutil.which("chromedriver")):
        pytest.skip("no Chromium here: apt-get install chromium chromium-driver")
    started: dict[str, Browser] = {}

    def start(language: str) -> Browser:
        if language not in started:
            started[language] = Browser(language)
        return started[language]

    yield start
    for browser in started.values():
        browser.driver.quit()


@pytest.fixture
def browser(browsers: Callable[[str], Browser]) -> Browser:
    """One whose person reads English, with nothing left over from other tests."""
    one = browsers("en-US")
    one.driver.get("about:blank")
    one.complaints()
    one.requests()
    return one
