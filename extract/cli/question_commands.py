"""Define `jixiao questions`: list, show and answer questions about documents that can be read in several ways."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extract.cli.completion import complete_publisher, complete_question
from extract.cli.output import Format, FormatOption, OutputRow, as_json, errors, print_rows
from extract.files import name_file
from extract.processes import name_user
from extract.settings import get_settings
from extract.translations import say

if TYPE_CHECKING:
    from extract.entities import Question
    from extract.ledger import Ledger

app = typer.Typer(help="Where a document can be read in several ways: what is asked, and answers by a named person.")
COLUMNS = ("key", "publisher", "kind", "file", "page", "asked", "choices", "held", "documents", "answer")
TABLE_COLUMNS = ("key", "publisher", "file", "page", "kind", "asked", "choices", "held", "answer")
SHOWN_CHOICES, SHOWN_DIGITS = 3, 8  # of a question and of its key, in a list for people
SHOWN = ("question", "asked", "near", "printed_publisher", "publisher", "file", "page", "holds_for", "held", "picture")
ANSWER_COLUMNS = ("answered_at", "choice", "scope", "answered_by", "why")
Key = Annotated[
    str,
    typer.Argument(metavar="KEY", help="Its first digits, as `list` shows them.", autocompletion=complete_question),
]
Document = Annotated[str | None, typer.Option("--document", metavar="ID", help="Of this document only: its hash.")]
Office = Annotated[
    str | None,
    typer.Option(
        "--publisher", metavar="NAME", help="Where several ask the same: of this publisher, as it is printed."
    ),
]


@app.callback(invoke_without_command=True)
def default(context: typer.Context) -> None:
    """List the questions when no action is named."""
    if context.invoked_subcommand is None:
        list_questions()


@app.command("list")
def list_questions(
    publisher: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this publisher file.", autocompletion=complete_publisher)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also those for which nothing waits.")] = False,
    how: FormatOption = Format.TABLE,
) -> None:
    """List the questions: what is asked, and how many projects wait for the answer."""
    from extract.report.question_cards import merge_documents

    found = merge_documents(_ledger().questions(is_open=None if every else True, publisher=publisher))
    rows = [
        {
            **row,
            "file": row["first_url"],
            "choices": [one.value for one in row["question"].choices],
            "answer": row["said"] and row["said"]["choice"],
        }
        for row in found
    ]
    if how is not Format.TABLE:
        print_rows([{name: row[name] for name in COLUMNS} for row in rows], COLUMNS, how)
        return
    for row in rows:
        row["key"] = row["key"][:SHOWN_DIGITS]
        row["publisher"] = row["printed_publisher"] or row["publisher"]
        row["file"] = name_file(row["file"])
        row["choices"] = " ".join(
            [*row["choices"][:SHOWN_CHOICES], *(["…"] if len(row["choices"]) > SHOWN_CHOICES else [])]
        )
    print_rows(rows, TABLE_COLUMNS, how)
    hint = "`jixiao questions show KEY` shows the place and what can be chosen" if rows else "no question is open"
    errors.print(say(hint), markup=False)


@app.command()
def show(
    key: Key,
    document: Document = None,
    publisher: Office = None,
    png: Annotated[
        Path | None, typer.Option(dir_okay=False, metavar="FILE", help="Draw the page with the place marked.")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """Show what is asked, where, and what can be chosen; every answer so far."""
    from extract.jobs.answered_documents import find_question, list_given
    from extract.report.question_cards import answer_command, draw_question

    settings = get_settings()
    row = find_question(settings, key, document, publisher)
    question, given = row["question"], list_given(settings, row)
    told, choices = _describe_question(row), _describe_choices(row)
    if png is not None:
        draw_question(settings, row["sha256"], question, png, close=False)
        told["picture"] = str(png)
    if how is not Format.TABLE:
        given = [{name: one[name] for name in ANSWER_COLUMNS} for one in given]
        print(as_json({**told, "kind": question.kind.value, "choices": choices, "answers": given}))
        return
    shown = [{"what": name, "is": str(told[name])} for name in SHOWN if told.get(name) is not None]
    print_rows(shown, ("what", "is"), how)
    print_rows(choices, ("choice", "text", "page"), how)
    if given:
        print_rows(given, ANSWER_COLUMNS, how)
    print(answer_command(question, "CHOICE", row["sha256"]))


@app.command()
def answer(
    key: Key,
    choice: Annotated[str, typer.Argument(metavar="CHOICE", help="One of those that `show` offers, as it is written.")],
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason; it is kept.")],
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")] = "",
    document: Document = None,
    publisher: Office = None,
) -> None:
    """Choose one of the readings; the next run reads again what waits for it.

    An answer about a word or a layout holds for all documents of the publisher, unless --document names one.
    """
    from extract.jobs.answered_documents import give_answer

    told = give_answer(get_settings(), key, choice, by or name_user(), why, document, publisher)
    errors.print(
        say(
            "{key}: {choice}, for the {scope}; documents that the next run reads again: {documents}",
            key=told.key,
            choice=told.choice,
            scope=say(told.scope),
            documents=told.documents,
        ),
        markup=False,
        soft_wrap=True,
    )


def _describe_question(row: OutputRow) -> dict[str, Any]:
    """Return what is asked, and where; `row` is that of the ledger."""
    from extract.report.question_cards import QUESTION_WORDS

    question: Question = row["question"]
    return {
        "key": question.key,
        "question": say(QUESTION_WORDS[question.kind]),
        "asked": question.asked,
        "near": question.near or None,
        "page": question.page,
        "box": question.box and [round(side, 2) for side in question.box],
        "publisher": row["publisher"],
        "printed_publisher": question.publisher or None,
        "file": row["first_url"],
        "document": row["sha256"],
        "layout": question.layout or None,
        "holds_for": row["scope"],
        "held": row["held"],
        "reader_version": question.reader_version,
    }


def _describe_choices(row: OutputRow) -> list[dict[str, Any]]:
    """List what can be chosen, each with the command that chooses it."""
    from extract.report.question_cards import answer_command, tell_choice

    question: Question = row["question"]
    return [
        {
            "choice": one.value,
            "text": " – ".join(text for text in (one.text, say(tell_choice(one)) if tell_choice(one) else "") if text),
            "page": one.page,
            "command": answer_command(question, one.value, row["sha256"]),
        }
        for one in question.choices
    ]


def _ledger() -> Ledger:
    from extract.ledger import Ledger

    return Ledger(get_settings().ledger_url or "")
