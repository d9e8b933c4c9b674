"""The documents that people read: every command in them runs, and every path, link and setting that they name is there.

A fenced block `sh` holds commands: each is run on a home with two releases and refused documents, or stands in NOT_RUN
with the reason. Other blocks hold output, and `tests/docs/test_contributing.py` does what CONTRIBUTING.md says.
"""

from __future__ import annotations

import functools
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import typer
import yaml
from homes import copy_line
from PIL import Image
from render_settings import PAGE, render_page

from extract.cli.app import app
from extract.releases.shelves import served_release
from extract.settings import PROJECT, Settings

if TYPE_CHECKING:
    from homes import Line

FIXTURES = PROJECT / "tests/fixtures"
PUBLICATIONS = PROJECT / "demo/publications"
DOCUMENTS = [*sorted(PROJECT.glob("*.md")), *sorted((PROJECT / "docs").rglob("*.md")), FIXTURES / "README.md"]
READMES = [PROJECT / "README.md", PROJECT / "README.zh.md"]  # the same commands: those of the first are run

NOT_RUN = {
    "make demo": ".ci/run runs it twice; its commands and what they print are compared below",
    "make test": "it is running",
    ".venv/bin/python -m pytest tests/values": "it is running",
    ".venv/bin/python -m pytest tests/reading/test_reading.py -k f06_one_row": "it is running",
    "make up": "Airflow's servers, until somebody stops them",
    "JIXIAO_WAREHOUSE_URL=postgresql+psycopg2://jixiao:…@db/warehouse": "a setting; test_two_warehouses.py",
    "deploy/make_secrets": "secrets for the next lines; tests/docs/test_deployment.py runs it",
    "cp .env.example .env": "settings for the next line; tests/docs/test_deployment.py reads the file",
    "cat secrets/admin_password": "made two lines before",
    "docker compose up -d --build": "needs Docker; .ci/check_compose and tests/docs/test_deployment.py check the file",
    "make .venv/installed": "installs; .ci/run begins with it",
    "git pull && make .venv/installed": "asks the network",
    "jixiao backup backup": "tests/docs/test_restore.py does",
    "jixiao restore backup": "into an empty home: tests/docs/test_restore.py does",
    "make superset": "Superset's own environment from the network, then a server until somebody stops it",
    "make superset ARGS=--check": "Superset's own environment from the network",
    'make superset ARGS="--port 9000"': "a server until somebody stops it",
    "SUPERSET_WAREHOUSE_URL='postgresql+psycopg2://superset:…@host/jixiao' make superset": "a server of somebody's",
    ".venv/bin/python benchmarks/warehouse.py --facts 1000000 10000000 --memory 2400MB": "an hour",
}
ENDS = {  # otherwise 0
    "jixiao run --inbox folder/": 3,  # something was refused, as README.md says
}
NOT_PATHS = {
    "secrets/jixiao_alert_url": "made by deploy/make_secrets",
    "secrets/jixiao_heartbeat_url": "made by deploy/make_secrets",
    "1/2": "a target",
    "extract/publishers/gz-caizheng.yml": "what a reader writes",
    "gz-caizheng.yml": "what a reader writes",
    "example.yml": "what a reader writes",
    "fct_unit_budgets.sql": "what a reader writes",
    "fct_unit_budgets.yml": "what a reader writes",
    "JIXIAO_HOME/review/ID.csv": "of any document",
    "current.json": "in a bucket",
    "tables.sql": "in a bucket",
    "JIXIAO_HOME/airflow": "made by `make up` and `jixiao run`",
    "JIXIAO_HOME/airflow/passwords.json": "made by `make up`",
    "backup/latest": "made by `jixiao backup`",
    "var/.spare": "of the build that is under way",
    "var/sbom.json": "made by `make sbom`",
    "run_results.json": "below the folder of the build that is under way",
    "manifest.json": "below the folder of the build that is under way",
    "var/superset/": "made by `make superset`",
    "plugins/": "of Metabase",
    "10.1.0.0/16": "a network",
    "pylock.toml": "named as not used",
}


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def find_blocks(text: str, language: str) -> list[str]:
    """The contents of fenced blocks of a language; no language is `""`."""
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [content for name, content in blocks if name == language]


def find_commands(text: str) -> Iterator[str]:
    """The commands of all `sh` blocks, without remarks; quotes may reach over lines."""
    for block in find_blocks(text, "sh"):
        open_lines = ""
        for line in block.splitlines():
            open_lines += line
            try:
                words = shlex.split(open_lines, comments=True)
            except ValueError:  # a quote is still open
                open_lines += "\n"
                continue
            if words:
                yield re.sub(r"\s+# [^\n]*$", "", open_lines)
            open_lines = ""
        assert not open_lines, f"a quote is never closed: {open_lines}"


def find_inline(text: str) -> list[str]:
    """Code in back-ticks, outside fenced blocks."""
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


class Desk:
    """A folder as after `git clone` and some nights, in which documented commands are typed."""

    def __init__(self, folder: Path, reported: Settings) -> None:
        self.folder = folder
        shutil.copytree(reported.home, folder / "var", symlinks=True)
        (folder / ".venv").symlink_to(sys.prefix)
        for name in ("tests", "demo"):
            (folder / name).symlink_to(PROJECT / name)
        shutil.copytree(PUBLICATIONS, folder / "folder")
        shutil.copy(FIXTURES / "x06_unknown_value_header.pdf", folder / "folder")
        shutil.copy(FIXTURES / "x06_unknown_value_header.pdf", folder / "refused.pdf")
        shutil.copy(PUBLICATIONS / "2025.pdf", folder / "publication.pdf")
        (folder / "texts.txt").write_text("≥200万\n每期2-3天\n", encoding="utf-8")
        self._add_publisher()
        self._release = (served_release(reported) or {})["release_id"]
        self._add_browser()

    def _add_publisher(self) -> None:
        """The publisher that CONTRIBUTING.md adds, beside those that are there."""
        shutil.copytree(PROJECT / "extract/publishers", self.folder / "publishers")
        example = yaml.safe_load(find_blocks(read(PROJECT / "CONTRIBUTING.md"), "yaml")[0])
        example["source"]["path"] = str(self.folder / "gz")
        path = self.folder / "publishers/gz-caizheng.yml"
        path.write_text(yaml.safe_dump(example, allow_unicode=True), encoding="utf-8")
        (self.folder / "gz").mkdir()
        shutil.copy(FIXTURES / "d05_fpdf2_a3.pdf", self.folder / "gz")

    def _add_browser(self) -> None:
        """What `--open` starts: it notes what it was asked to show."""
        (self.folder / "bin").mkdir()
        browser = self.folder / "bin/xdg-open"
        browser.write_text(f'#!/bin/sh\necho "$1" > "{self.folder}/opened"\n', encoding="utf-8")
        browser.chmod(0o755)

    def type(self, command: str) -> subprocess.CompletedProcess[str]:
        """Run a line as a shell does; a release's id in a document stands for the one that is served."""
        line = re.sub(r"\b20\d{6}T\d{6}Z(-\w{8})?\b", self._release, command)
        environment = {name: value for name, value in os.environ.items() if not name.startswith("JIXIAO_")}
        environment |= {
            "PATH": os.pathsep.join((f"{self.folder}/bin", str(Path(sys.executable).parent), os.environ["PATH"])),
            "JIXIAO_SETTLE_SECONDS": "0",
            "LC_ALL": "C.UTF-8",
        }
        if "publisher" in command:
            environment["JIXIAO_PUBLISHERS_DIR"] = str(self.folder / "publishers")
        where = {"cwd": self.folder, "env": environment, "stdin": subprocess.DEVNULL}
        return subprocess.run(["bash", "-c", line], **where, capture_output=True, text=True, check=False)  # type: ignore[call-overload, no-any-return]  # noqa: S607


@pytest.fixture(scope="module")
def desk(reported: Settings, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"), reported)


@pytest.mark.slow
@pytest.mark.parametrize("document", [path for path in DOCUMENTS if path != READMES[1]], ids=lambda path: path.name)
def test_every_command_of_a_document_runs(document: Path, desk: Desk) -> None:
    for command in find_commands(read(document)):
        if command not in NOT_RUN:
            done = desk.type(command)
            assert done.returncode == ENDS.get(command, 0), f"{command}\n{done.stdout}\n{done.stderr}"
            for _, file in re.findall(r"--(png|picture) (\S+)", command):
                assert (desk.folder / file).read_bytes().startswith(b"\x89PNG"), command
                if (PROJECT / file).exists():  # a picture that the document shows
                    assert is_same_picture(desk.folder / file, PROJECT / file), f"make {file} anew: {command}"
            if "--open" in command:
                assert "<h1" in read(Path(read(desk.folder / "opened").strip().removeprefix("file://")))


def is_same_picture(one: Path, other: Path) -> bool:
    with Image.open(one) as made, Image.open(other) as kept:
        return made.size == kept.size and made.convert("RGB").tobytes() == kept.convert("RGB").tobytes()


def test_every_picture_of_a_page_is_made_by_a_command_beside_it_and_small() -> None:
    text = read(PROJECT / "docs/reading.md")
    made = re.findall(r"--picture docs/(\S+)", "\n".join(find_commands(text)))
    assert len(made) == len(set(made)) > 5
    shown = re.findall(r"!\[[^\]]+\]\((\S+)\)", text)
    assert made == [name for name in shown if name != "pictures/readers.png"], "the plot is made by `make bench`"
    assert all((PROJECT / "docs" / name).stat().st_size < 80_000 for name in made)


def test_what_is_excepted_stands_in_a_document_and_make_has_the_targets_that_are_named() -> None:
    documented = {command for path in DOCUMENTS for command in find_commands(read(path))}
    assert set(NOT_RUN) | set(ENDS) <= documented
    assert set(NOT_PATHS) <= {code for path in DOCUMENTS for code in find_inline(read(path))}
    assert all(NOT_RUN.values()), "a reason for each"
    words = [code for path in DOCUMENTS for code in (*find_inline(read(path)), *find_commands(read(path)))]
    asked = {target for code in words for target in re.findall(r"(?:^| )make ([a-z]+)", code)}
    assert asked
    assert asked <= set(re.findall(r"^([a-z]+):", read(PROJECT / "Makefile"), re.MULTILINE))


def test_a_command_is_found_without_its_remark_and_over_lines() -> None:
    text = '```sh\n# all of it\njixiao sql "SELECT 1\n  AS n"      # one\nmake up # on\n```\n```\nmake no\n```\n'
    assert list(find_commands(text)) == ['jixiao sql "SELECT 1\n  AS n"', "make up"]


def test_both_readmes_show_the_same_commands_output_files_and_pictures() -> None:
    one, other = (
        (list(find_commands(text)), find_blocks(text, "")[0], links_of(text), places_of(text))
        for text in map(read, READMES)
    )
    assert one == other
    assert len(one[3]) > 15


def links_of(text: str) -> list[str]:
    return re.findall(r"\]\((?!README)(.+?)\)", text)


def places_of(text: str) -> list[str]:
    """What the map names."""
    return re.findall(r"^\| [`\[]([^`\]]+)", text, re.MULTILINE)


@pytest.mark.slow
def test_the_readme_shows_what_the_demo_prints(line: Line, tmp_path: Path) -> None:
    own = line._replace(home=copy_line(line, tmp_path).home)  # the demo adds a run
    recipe = read(PROJECT / "Makefile").split("\ndemo:")[1].split("\n\n")[0]
    commands = re.findall(r"\$\(BIN\)/(jixiao .+)", recipe)
    assert commands[0] == "jixiao run --inbox demo/publications"
    assert len(commands) == 3
    printed = [row for command in commands for row in own.typed(command).splitlines()]
    (shown,) = find_blocks(read(READMES[0]), "")[:1]
    for row in filter(None, shown.splitlines()):
        pattern = r".*".join(re.escape(" ".join(part.split())) for part in row.split("…"))
        if not row.startswith("│    2 │"):  # the counts: here everything was loaded before
            assert any(re.fullmatch(pattern, " ".join(one.split())) for one in printed), row
    assert len(list(PUBLICATIONS.glob("*.pdf"))) == 2


@functools.cache
def command_tree() -> Any:
    return typer.main.get_command(app)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_jixiao_command_in_the_text_exists_with_its_options(document: Path) -> None:
    for code in find_inline(read(document)):
        if not code.startswith("jixiao "):
            continue
        above = node = command_tree()
        for word in re.sub(r"['\"].*|[\[\]]", " ", code.removeprefix("jixiao ")).split():
            below = getattr(node, "commands", {})
            if word == "|":  # or its neighbour
                node = above
            elif word in below:
                above, node = node, below[word]
            elif word.startswith("--"):
                options = {name for parameter in node.params for name in parameter.opts}
                assert word in options | {"--help", "--install-completion"}, code
            else:
                assert not below or word.isupper(), f"{code}: {word} is no command"


@functools.cache
def known_paths() -> frozenset[str]:
    """Files and folders of the project, each by every end of its path."""
    skipped = {".git", ".venv", "var", ".mypy_cache", ".ruff_cache", ".hypothesis", "__pycache__", "target", "logs"}
    ends: set[str] = set()
    for folder, folders, files in os.walk(PROJECT):
        folders[:] = [name for name in folders if name not in skipped]
        parts = Path(folder).relative_to(PROJECT).parts
        for name in (*files, *folders):
            whole = (*parts, name)
            ends |= {"/".join(whole[start:]) for start in range(len(whole))}
    return frozenset(ends)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_in_back_ticks_is_there(document: Path, reported: Settings) -> None:
    missing = []
    for code in find_inline(read(document)):
        if not re.fullmatch(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*/?", code) or code in NOT_PATHS:
            continue
        if "/" not in code and not re.search(
            r"\.(py|md|yml|sql|csv|json|jsonl|toml|txt|duckdb|jinja|html|pdf|db)$", code
        ):
            continue
        path = code.rstrip("/")
        home = (reported.home / path.removeprefix("JIXIAO_HOME/").removeprefix("var/")).exists()
        if not (home or path in known_paths() or list(reported.current.glob(path))):
            missing.append(code)
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_and_picture_leads_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", read(document), flags=re.MULTILINE | re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        there = document.parent / path if path else document
        assert there.exists(), link
        if anchor:
            headings = re.findall(r"^#+ (.+)$", read(there), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}, link


def test_every_setting_is_documented_and_every_documented_one_is_a_setting() -> None:
    assert read(PAGE) == render_page(), "`make docs` writes the page anew"
    known = {f"JIXIAO_{name.upper()}" for name in Settings.model_fields}
    named = {name for path in DOCUMENTS for name in re.findall(r"\bJIXIAO_[A-Z_]+[A-Z]\b", read(path))}
    assert named == known | {"JIXIAO_SECRETS_DIR"}  # names the folder that settings themselves are read from
