"""A pytest plugin for `make faults`: only tests named after a case run, and a table says what held.

`python -m pytest -p tests.faults.table -m ""`. Ends red when a case has no test, or one that failed or was skipped.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

NAMED = re.compile(r"test_(a\d\d)_")
CASES = {
    "a01": "loader killed in mid-load",
    "a02": "killed between landing and registering",
    "a03": "dbt killed",
    "a04": "disk full while loading",
    "a05": "disk full while publishing",
    "a06": "readers open during build and publish",
    "a07": "audit fails",
    "a08": "the same DAG twice at once",
    "a09": "everything run again",
    "a10": "partial download",
    "a11": "not a PDF",
    "a12": "conditional fetch",
    "a13": "redirects",
    "a14": "server-side request forgery",
    "a15": "hostile names",
    "a16": "hostile drop folder",
    "a17": "decompression bombs",
    "a18": "CPU bombs",
    "a19": "recursion and cycles",
    "a20": "silent loss of pages",
    "a21": "password",
    "a22": "no text layer",
    "a23": "garbled text layer",
    "a24": "two files with one SHA-1",
    "a25": "hostile text in cells",
    "a26": "readers can only read",
    "a27": "secrets",
    "a28": "clocks",
    "a29": "1,025 new PDFs in one night",
    "a30": "the source shrinks or drifts",
    "a31": "odd answer of one site",
    "a32": "code in the reading child",
    "a33": "killed during the first start",
    "a34": "killed during a night",
    "a35": "who reaches Airflow's page",
    "a36": "nobody told of silence",
    "a37": "questions that want too much",
    "a38": "backup and restore, twice",
    "a39": "more memory than the container has",
    "a40": "what grows every night",
    "a41": "an ETag that never changes",
    "a42": "traps of the compose file",
    "a43": "a page that harms who reads it",
    "a44": "odd clocks, locales, users",
}
outcomes: dict[str, Counter[str]] = defaultdict(Counter)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that are named after a case."""
    others = [item for item in items if not NAMED.search(item.nodeid)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if NAMED.search(item.nodeid)]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count a test as passed when it ran and nothing before or after it failed."""
    case = NAMED.search(report.nodeid)
    if case and (report.when == "call" or report.outcome != "passed"):
        outcomes[case[1]][report.outcome] += 1


def held(case: str) -> bool:
    """Whether a case has tests and all of them passed."""
    return set(outcomes[case]) == {"passed"}


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A case without a test is a failure, and so is a skipped one."""
    if session.exitstatus == 0 and not all(held(case) for case in CASES):
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The table."""
    write = terminalreporter.write_line
    write("")
    write(f"{'case':<5} {'what':<40} {'tests':>5} {'passed':>6}")
    for case, what in CASES.items():
        tests, passed = outcomes[case].total(), outcomes[case]["passed"]
        write(f"{case:<5} {what:<40} {tests:>5} {passed:>6}{'' if held(case) else '   <- not held'}")
    write(f"{sum(held(case) for case in CASES)} of {len(CASES)} cases held")
