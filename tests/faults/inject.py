"""A case, a seed and a number of kills in, one JSON line a kill out: landing, loader and dbt killed at random moments.

    python tests/faults/inject.py a01 --kills 1000 --moments clock     # by hand, for hours
    python tests/faults/inject.py a03 --kills 3 --home var             # a home with a release; it is worked on

The seed is printed first: the same seed kills at the same calls. `--moments calls` counts the calls that Python makes
and dies at one of them, wherever that is; `--moments clock` dies after a random time, in the middle of C code too.
After each kill a process of its own looks at what is left, runs the step again and looks once more.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import duckdb_engine  # noqa: F401 - imported before the forks, so that the calls counted are those of the work

from extract.jobs import ingest
from extract.ledger import Ledger
from extract.reading.reader_version import READER_VERSION
from extract.settings import Settings
from extract.warehouse import frames, raw_schema  # noqa: F401

sys.path.append(str(Path(__file__).parents[1] / "support"))  # pytest has it, a call by hand has not
from printed_tables import print_table

DOCUMENTS = 3
RUN = "night"
Moment = Callable[[], None]


# -- processes ---------------------------------------------------------------------------------------------------------


def in_child(work: Callable[[], Any]) -> Any:
    """What `work` returns in a process of its own: this one never opens DuckDB, whose threads do not survive a fork."""
    receiver, sender = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(sender, "wb") as pipe:
            try:
                pickle.dump((True, work()), pipe)
            except BaseException as error:
                pickle.dump((False, f"{type(error).__name__}: {error}"), pipe)
        os._exit(0)
    os.close(sender)
    with os.fdopen(receiver, "rb") as pipe:
        done, value = pickle.loads(pipe.read())  # noqa: S301 - written by our own fork
    os.waitpid(child, 0)
    if not done:
        raise AssertionError(value)
    return value


def kill_during(work: Callable[[], object], moment: Moment) -> bool:
    """Run `work` in a process of its own that dies at `moment`; whether it did before it had finished."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        moment()
        with contextlib.suppress(BaseException):
            work()
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def at_call(number: int) -> Moment:
    """Dies when Python makes its n-th call, in whichever thread."""

    def arm() -> None:
        left = number

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal left
            left -= event in ("call", "c_call")
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)

        threading.setprofile(count)
        sys.setprofile(count)

    return arm


def after(seconds: float) -> Moment:
    """Dies after some time, wherever that is."""

    def arm() -> None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        child = os.getpid()
        if os.fork() == 0:
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os._exit(0)

    return arm


def count_calls(work: Callable[[], object]) -> int:
    """How many calls Python makes in all, and so between which moments to choose."""
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return calls


# -- the home that is worked on ----------------------------------------------------------------------------------------


def make_home(folder: Path) -> Settings:
    """An inbox of small publications, all different."""
    settings = Settings(home=folder / "var", settle_seconds=0, reader="pdfium")
    inbox = folder / "inbox"
    inbox.mkdir(parents=True)
    for n in range(DOCUMENTS):
        rows = [
            ("102001-区党群工作部", f"项目{n}", f"{n + 1}00.50", f"11100210{k}-开展项目数", f"≥{k}家") for k in range(9)
        ]
        (inbox / f"{n}.pdf").write_bytes(print_table(rows))
    return settings.model_copy(update={"inbox": inbox})


def see(settings: Settings) -> None:
    ingest.discover(settings, RUN, inbox=str(settings.inbox))
    ingest.land(settings, RUN)


def read_all(settings: Settings) -> None:
    for batch in ingest.plan_batches(settings):
        ingest.read_batch(settings, batch)


def rows_of(settings: Settings) -> dict[str, dict[str, str]]:
    """sha256 -> table -> all its rows: equal exactly where the rows are."""
    found: dict[str, dict[str, str]] = {}
    if not settings.build_db.exists():
        return found
    with duckdb.connect(str(settings.build_db), config={"threads": 1}) as build:
        there = {name for (name,) in build.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        for table in raw_schema.DOCUMENT_TABLES:
            if table.name in there:
                query = f"SELECT * FROM raw.{table.name} AS t ORDER BY ALL"
                for row in build.execute(query).fetchall():
                    one = found.setdefault(row[0], {})
                    one[table.name] = one.get(table.name, "") + repr(row[1:])
    return found


def states_of(settings: Settings) -> dict[str, str]:
    ledger = Ledger(settings.ledger_url or "")
    with ledger.engine.connect() as connection:
        return dict(connection.exec_driver_sql("SELECT sha256, state FROM documents").fetchall())


def copy_home(template: Settings, folder: Path) -> Settings:
    shutil.copytree(template.home, folder / "var")
    copy = Settings(home=folder / "var", settle_seconds=0, reader="pdfium")
    return copy.model_copy(update={"inbox": template.inbox})


# -- the cases ---------------------------------------------------------------------------------------------------------


class Loader:
    """a01: killed in mid-load. Staged rows = ledger, no partial document, the rerun converges."""

    def __init__(self, folder: Path) -> None:
        self.template = make_home(folder)
        in_child(lambda: (see(self.template), read_all(self.template)))
        whole = copy_home(self.template, folder / "whole")
        in_child(lambda: self.work(whole))
        self.rows = in_child(lambda: rows_of(whole))
        assert len(self.rows) == DOCUMENTS

    def work(self, settings: Settings) -> None:
        ingest.stage_read(settings, RUN)

    def check_left(self, settings: Settings) -> None:
        rows, states = rows_of(settings), states_of(settings)
        for sha256, one in rows.items():
            assert one == self.rows[sha256], f"{sha256[:12]} is not whole"
        staged = {sha256 for sha256, state in states.items() if state == "staged"}
        assert staged <= set(rows), "acknowledged, but not there"
        # One document may be committed and not yet acknowledged: it waits, and is staged again to the same rows.
        assert len(set(rows) - staged) <= 1
        assert all(states[sha256] == "read" for sha256 in set(rows) - staged)

    def check_again(self, settings: Settings) -> None:
        self.work(settings)
        assert rows_of(settings) == self.rows
        assert set(states_of(settings).values()) == {"staged"}
        counts = ingest.close(settings, RUN)
        assert counts == {"seen": DOCUMENTS, "loaded": DOCUMENTS, "unchanged": 0, "refused": 0, "failed": 0}
        assert list((settings.home / "readings").rglob("*.json")) == [] or counts["loaded"] == DOCUMENTS


class Landing:
    """a02: killed around landing and registering. The rerun registers; one blob, no duplicate rows."""

    def __init__(self, folder: Path) -> None:
        self.template = make_home(folder)
        in_child(lambda: Ledger(self.template.ledger_url or "").engine.dispose())
        self.hashes = {hashlib.sha256(path.read_bytes()).hexdigest() for path in self.template.inbox.iterdir()}

    def work(self, settings: Settings) -> None:
        see(settings)

    def check_left(self, settings: Settings) -> None:
        for blob in settings.archive.rglob("*.pdf"):
            assert hashlib.sha256(blob.read_bytes()).hexdigest() == blob.stem, "a name that its bytes do not have"
        registered = set(states_of(settings))
        assert registered <= {blob.stem for blob in settings.archive.rglob("*.pdf")}, "registered without bytes"

    def check_again(self, settings: Settings) -> None:
        self.work(settings)
        assert sorted(blob.stem for blob in settings.archive.rglob("*.pdf")) == sorted(self.hashes)
        assert states_of(settings) == dict.fromkeys(self.hashes, "landed")
        ledger = Ledger(settings.ledger_url or "")
        with ledger.engine.connect() as connection:
            seen = connection.exec_driver_sql("SELECT url, sha256 FROM sightings").fetchall()
        assert len(seen) == len(set(seen)) == DOCUMENTS
        assert {sha256 for _, sha256 in seen} == self.hashes
        for sha256 in self.hashes:
            ledger.note_read(sha256, READER_VERSION)
            ledger.note_staged(sha256, RUN)
        assert ingest.close(settings, RUN)["loaded"] == DOCUMENTS


def inject(case: Loader | Landing, folder: Path, kills: int, chance: random.Random, moments: str) -> int:
    """Kill, look, run again, look; returns how many kills met the work before it had ended."""
    scale = copy_home(case.template, folder / "scale")
    started = time.monotonic()
    calls = in_child(lambda: count_calls(lambda: case.work(scale)))
    seconds = time.monotonic() - started
    hits = 0
    for number in range(1, kills + 1):
        home = folder / f"kill{number}"
        settings = copy_home(case.template, home)
        if moments == "calls":
            at = chance.randint(1, calls)
            hit = kill_during(lambda s=settings: case.work(s), at_call(at))
        else:
            at = chance.randint(1, int(seconds * 1000))
            hit = kill_during(lambda s=settings: case.work(s), after(at / 1000))
        in_child(lambda s=settings: case.check_left(s))
        in_child(lambda s=settings: case.check_again(s))
        shutil.rmtree(home)
        hits += hit
        print(json.dumps({"kill": number, "at": at, "of": calls, "hit": hit}), flush=True)
    return hits


# -- dbt ---------------------------------------------------------------------------------------------------------------

BUILD = (
    "from extract.warehouse.build import build_marts; from extract.settings import get_settings; "
    "build_marts(get_settings())"
)


def served(settings: Settings) -> tuple[str, str]:
    """Which release is served, and a hash of its file."""
    return os.readlink(settings.current), hashlib.sha256(
        (settings.current / "warehouse.duckdb").read_bytes()
    ).hexdigest()


def kill_dbt(settings: Settings, lines: int) -> bool:
    """a03: start a build and SIGKILL dbt once its log has so many lines; whether it was still at work.

    The build must then have failed, and the served release must be the same to the byte.
    """
    before = served(settings)
    log = settings.home / "dbt/logs/dbt.log"
    log.unlink(missing_ok=True)
    environment = {**os.environ, "JIXIAO_HOME": str(settings.home)}
    build = subprocess.Popen([sys.executable, "-c", BUILD], env=environment, stderr=subprocess.PIPE, text=True)
    children = Path(f"/proc/{build.pid}/task/{build.pid}/children")
    hit = False
    while build.poll() is None:
        dbt = children.read_text().split() if children.exists() else []
        if dbt and log.exists() and log.read_bytes().count(b"\n") >= lines:
            os.kill(int(dbt[0]), signal.SIGKILL)
            hit = True
            break
        time.sleep(0.02)
    _, errors = build.communicate()
    assert not hit or "BuildError" in errors, errors[-2000:]
    assert served(settings) == before, "the served release has changed"
    return hit


def inject_dbt(settings: Settings, kills: int, chance: random.Random) -> int:
    """Kills at random moments of one build after the other, a good build in between."""
    recover = [sys.executable, "-c", BUILD]
    environment = {**os.environ, "JIXIAO_HOME": str(settings.home)}
    hits, before = 0, served(settings)
    for number in range(1, kills + 1):
        subprocess.run(recover, env=environment, check=True, capture_output=True)
        lines = (settings.home / "dbt/logs/dbt.log").read_bytes().count(b"\n")
        at = chance.randint(1, lines)
        hit = kill_dbt(settings, at)
        hits += hit
        print(json.dumps({"kill": number, "at": at, "of": lines, "hit": hit}), flush=True)
    subprocess.run(recover, env=environment, check=True, capture_output=True)
    assert served(settings) == before
    return hits


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=["a01", "a02", "a03"])
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randint(0, 10**9))
    parser.add_argument("--moments", choices=["calls", "clock"], default="calls")
    parser.add_argument("--home", type=Path, help="a03: a home with a published release")
    options = parser.parse_args()
    print(json.dumps({"case": options.case, "seed": options.seed, "moments": options.moments}), flush=True)
    chance = random.Random(options.seed)  # noqa: S311 - repeatable on purpose
    if options.case == "a03":
        hits = inject_dbt(Settings(home=options.home or Path("var")), options.kills, chance)
    else:
        with tempfile.TemporaryDirectory() as folder:
            case = (Loader if options.case == "a01" else Landing)(Path(folder) / "template")
            hits = inject(case, Path(folder), options.kills, chance, options.moments)
    print(json.dumps({"kills": options.kills, "hits": hits, "held": True}), flush=True)


if __name__ == "__main__":
    main()
