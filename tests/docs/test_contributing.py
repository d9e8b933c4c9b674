"""CONTRIBUTING.md: what it says of adding a publisher, a header word, a form and a question, done with its own text."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from render_rooms import render_page, render_rooms

from extract.entities import Column
from extract.errors import Refused
from extract.jobs import ingest
from extract.ledger import Ledger
from extract.publishers import load_publishers
from extract.reading.document import read_document
from extract.reading.tables import assembler, header_words
from extract.reading.tables.flat_table import FlatTable
from extract.reading.tables.forms import Form
from extract.settings import PROJECT, Settings

FIXTURES = PROJECT / "tests/fixtures"
MOST_LINES = 150
GUIDE = (PROJECT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_guide_is_short_and_draws_the_rooms_as_the_imports_are() -> None:
    assert len(GUIDE.splitlines()) <= MOST_LINES
    assert render_page() == GUIDE, "`make docs` draws them anew"
    assert render_rooms().count("\n") == 11


def section(title: str) -> str:
    return GUIDE.split(f"## Add a {title}\n")[1].split("\n## ")[0]


def blocks(title: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", section(title), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("title", ["publisher", "header word", "form", "question"])
def test_each_is_explained_in_under_ten_lines(title: str) -> None:
    prose = re.sub(r"^```.*?^```$", "", section(title), flags=re.MULTILINE | re.DOTALL)
    assert 0 < len([line for line in prose.splitlines() if line.strip()]) < 10


def test_a_publisher_is_one_file_and_what_lies_there_is_loaded_as_its_own(settings: Settings, tmp_path: Path) -> None:
    (example,) = blocks("publisher", "yaml")
    (name,) = re.findall(r"`extract/publishers/([\w-]+\.yml)`", section("publisher"))
    folder = tmp_path / "publications"
    assert "/srv/gz-caizheng" in example
    shutil.copytree(PROJECT / "extract/publishers", tmp_path / "publishers")
    file = tmp_path / "publishers" / name
    file.write_text(example.replace("/srv/gz-caizheng", str(folder)), encoding="utf-8")
    folder.mkdir()
    shutil.copy(FIXTURES / "d05_fpdf2_a3.pdf", folder)
    mine = settings.model_copy(update={"publishers_dir": tmp_path / "publishers", "reader": "pdfium"})
    assert file.stem in {one.code for one in load_publishers(mine.publishers_dir)}
    ingest.discover(mine, "night-1", publisher=file.stem)
    ingest.land(mine, "night-1")
    for batch in ingest.plan_batches(mine):
        ingest.read_batch(mine, batch)
    ingest.stage_read(mine, "night-1")
    ingest.close(mine, "night-1")
    last = Ledger(mine.ledger_url or "").last_run()
    assert last is not None
    assert (last["seen"], last["loaded"]) == (1, 1)
    with duckdb.connect(str(mine.build_db), read_only=True) as build:
        found = build.execute("SELECT publisher_code, region_code FROM raw.documents").fetchall()
    assert found == [(file.stem, yaml.safe_load(example)["region_code"])]


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of headers.yml that readers of this test use, read anew whenever `forget` is called."""
    copy = tmp_path / "headers.yml"
    shutil.copy(PROJECT / "extract/reading/tables/headers.yml", copy)
    monkeypatch.setattr(header_words, "HEADERS", copy)
    forget()
    yield copy
    monkeypatch.undo()
    forget()


def forget() -> None:
    for _, function in inspect.getmembers(header_words, lambda member: hasattr(member, "cache_clear")):
        function.cache_clear()


def test_a_header_word_is_one_line_and_the_refused_document_is_read(words: Path) -> None:
    (example,) = blocks("header word", "yaml")
    ((column, (word,)),) = yaml.safe_load(example).items()
    document = FIXTURES / "x06_unknown_value_header.pdf"
    with pytest.raises(Refused, match=word):
        read_document(document)
    heading, line = example.splitlines()
    before = words.read_text(encoding="utf-8")
    assert before.count(f"\n{heading}\n") == 1
    words.write_text(before.replace(f"\n{heading}\n", f"\n{heading}\n{line}\n"), encoding="utf-8")
    forget()
    reading = read_document(document)
    assert reading.readers == ("pdfium", "oxide")
    assert reading.records
    assert all(record.cells[Column(column)].text for record in reading.records)


@pytest.mark.parametrize(("name", "kind"), [("Form", Form), ("FlatTable", FlatTable)])
def test_a_form_is_a_class_that_the_assembler_chooses(name: str, kind: type, monkeypatch: pytest.MonkeyPatch) -> None:
    text = section("form")
    for method in ("attach", "read_rows"):
        (arguments,) = re.findall(rf"`{method}\((.+?)\)`", text)
        assert len(inspect.signature(getattr(kind, method)).parameters) == 1 + len(arguments.split(", "))
    assert name in inspect.getsource(assembler)
    assert "_read_grid" in text
    assert callable(assembler.Assembler._read_grid)
    stretches = []

    class Mine(kind):  # type: ignore[misc]
        def read_rows(self, *arguments: Any) -> None:
            stretches.append(arguments[2:4])
            super().read_rows(*arguments)

    monkeypatch.setattr(assembler, name, Mine)
    (form,) = re.findall(r"tests/fixtures/(\w+)\.pdf", text)
    document = FIXTURES / (f"{form}.pdf" if name == "Form" else "d05_fpdf2_a3.pdf")
    reading = read_document(document, reader="pdfium")
    assert reading.parts
    assert stretches, f"{name} of assembler.py reads {document.name}"


@pytest.fixture(scope="module")
def asked(reported: Settings, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The build database with the model of the example, and the manifest of the project that has it."""
    folder = tmp_path_factory.mktemp("question")
    project = folder / "dbt_project"
    shutil.copytree(PROJECT / "dbt_project", project, ignore=shutil.ignore_patterns("target", "logs"))
    database = folder / "build.duckdb"
    shutil.copy(reported.build_db, database)
    (sql,) = blocks("question", "sql")
    model, line, exposure = blocks("question", "yaml")
    (name,) = re.findall(r"`(\w+)\.sql`", section("question"))
    (project / f"models/marts/{name}.sql").write_text(sql, encoding="utf-8")
    (project / f"models/marts/{name}.yml").write_text(model, encoding="utf-8")
    for file, new in (("dbt_project.yml", line), ("models/exposures.yml", exposure)):
        path, like = project / file, new.replace(name, "fct_project_budgets")
        text = path.read_text(encoding="utf-8")
        assert like in text, f"{file} has such a line"
        path.write_text(text.replace(like, like + new, 1), encoding="utf-8")
    where = ["--project-dir", str(project), "--profiles-dir", str(project)]
    command = [sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build", "--select", name, *where]
    environment = {**os.environ, "JIXIAO_BUILD_DB": str(database), "DBT_TARGET_PATH": str(folder / "target")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
    return database, json.loads((folder / "target/manifest.json").read_text(encoding="utf-8"))


@pytest.mark.slow
def test_a_question_is_one_model_and_it_answers(asked: tuple[Path, dict[str, Any]]) -> None:
    with duckdb.connect(str(asked[0]), read_only=True) as build:
        found = build.execute("SELECT fiscal_year, sum(amount_yuan) FROM marts.fct_unit_budgets GROUP BY 1 ORDER BY 1")
        query = (
            "SELECT fiscal_year, sum(amount_yuan) FROM marts.fct_project_budgets "
            "WHERE is_current AND amount_kind = 'year' GROUP BY 1 ORDER BY 1"
        )
        assert found.fetchall() == build.execute(query).fetchall()


@pytest.mark.slow
def test_the_model_of_the_example_keeps_the_rules_of_the_project(asked: tuple[Path, dict[str, Any]]) -> None:
    manifest = asked[1]
    spec = importlib.util.spec_from_file_location("project_rules", PROJECT / "tests/dbt/test_project_rules.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    readers = defaultdict(list)
    for model in models.values():
        for parent in model["depends_on"]["nodes"]:
            readers[parent].append(model)
    given = {"manifest": manifest, "models": models, "readers": readers}
    rules = [rule for name, rule in inspect.getmembers(module, inspect.isfunction) if name.startswith("test_")]
    assert len(rules) > 10
    for rule in rules:
        rule(**{name: given[name] for name in inspect.signature(rule).parameters})
