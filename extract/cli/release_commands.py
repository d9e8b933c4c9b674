"""Define `jixiao releases` and `jixiao rollback`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from extract.cli.output import Format, FormatOption, as_json, errors, print_rows
from extract.processes import name_user
from extract.settings import get_settings

COLUMNS = ("release_id", "published_at", "documents", "rows", "added", "changed", "gone", "is")
CHANGES = ("table", "added", "changed", "gone", "rows")


def releases(
    release_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Show what this release changed, table by table.")
    ] = None,
    how: FormatOption = Format.TABLE,
) -> None:
    """List the releases that are kept, newest first: what each changed, which is served."""
    from extract.jobs.publish import list_releases
    from extract.releases.model import find_release

    found = list_releases(get_settings())
    if release_id is not None:
        one = find_release(found, release_id)
        rows = [
            {"table": table, **change, "rows": one["row_counts"].get(table, 0)}
            for table, change in one.get("changes", {}).items()
        ]
        print_rows(rows, CHANGES, how)
    elif how is Format.JSON:
        print(as_json(found))
    else:
        print_rows([_row(one) for one in found], COLUMNS, how)


def _row(one: dict[str, Any]) -> dict[str, Any]:
    changes = one.get("changes", {}).values()
    marks = [name for name in ("served", "pinned") if one[name]]
    return {
        "release_id": one["release_id"],
        "published_at": one["published_at"],
        "documents": one["source_documents"],
        "rows": sum(one["row_counts"].values()),
        **{kind: sum(change[kind] for change in changes) for kind in ("added", "changed", "gone")},
        "is": " ".join(marks) or None,
    }


def rollback(
    release_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="A kept release; without it the one before the served one.")
    ] = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="The reason; it is kept.")] = "",
    by: Annotated[str, typer.Option(metavar="NAME", help="Who decides.")] = "",
    unpin: Annotated[
        bool, typer.Option("--unpin", help="Serve the newest release again, and those that follow.")
    ] = False,
) -> None:
    """Serve an earlier release and pin it: the nights go on building and keeping releases, readers get none of them."""
    from extract.jobs import publish

    settings, person = get_settings(), by or name_user()
    if unpin:
        if release_id is not None:
            raise typer.BadParameter("--unpin serves the newest release; it takes no ID")
        newest = publish.unpin(settings, person)
        errors.print(f"{newest['release_id'] if newest else 'no release'}: served", markup=False)
        return
    if not why.strip():
        raise typer.BadParameter("a rollback needs its reason: --why TEXT")
    served = publish.roll_back(settings, release_id, person, why)
    errors.print(
        f"{served['release_id']}: served and pinned; `jixiao rollback --unpin` ends that", markup=False, soft_wrap=True
    )
