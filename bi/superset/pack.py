"""The asset tree and a database URL in, the ZIP that Superset imports out: `python pack.py OUT.zip [URL]`.

Without a URL the served DuckDB release is packed; a PostgreSQL URL should log in as a member of `jixiao_reader`.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import yaml

HERE = Path(__file__).resolve().parent
ASSETS = HERE / "assets"
DATABASE = Path("databases/jixiao.yaml")
VARIABLE = "SUPERSET_WAREHOUSE_URL"
# Views are found by name as on DuckDB, and the server refuses what Superset might let through.
POSTGRES_ARGUMENTS = {"options": "-c search_path=published -c default_transaction_read_only=on"}


def find_home() -> Path:
    """JIXIAO_HOME, by default `var` of this project."""
    return Path(os.environ.get("JIXIAO_HOME") or HERE.parents[1] / "var").resolve()


def find_url() -> str:
    """The URL that Superset shall open: SUPERSET_WAREHOUSE_URL, else the file behind `current`.

    Raises SystemExit where the warehouse is PostgreSQL and nobody said as whom Superset shall read it.
    """
    if url := os.environ.get(VARIABLE) or read_given_url():
        return url
    if (os.environ.get("JIXIAO_WAREHOUSE_URL") or "").startswith("postgresql"):
        raise SystemExit(
            f"JIXIAO_WAREHOUSE_URL is who writes the warehouse. Set {VARIABLE} to a login that may only read it: "
            "CREATE ROLE superset LOGIN PASSWORD '…' IN ROLE jixiao_reader"
        )
    file = find_home() / "current" / "warehouse.duckdb"
    if not file.exists():
        raise SystemExit(f"{file}: expected a published release, found none: run `make demo` or `jixiao run` first")
    return f"duckdb:///{file}"  # with the link `current`: each query opens the release that is served then


def read_given_url() -> str:
    """The URL in the file of secrets that a container is given; empty where there is none."""
    file = Path(os.environ.get("JIXIAO_SUPERSET_SECRETS") or "/nowhere") / VARIABLE.lower()
    return file.read_text(encoding="utf-8").strip() if file.exists() else ""


def fill_database(database: dict[str, Any], url: str) -> dict[str, Any]:
    """The database asset with this URL, opened read-only in the way of its kind."""
    filled = {**database, "sqlalchemy_uri": url}
    if url.startswith("postgresql"):
        filled["extra"] = {**database["extra"], "engine_params": {"connect_args": POSTGRES_ARGUMENTS}}
    elif not url.startswith("duckdb:///"):
        raise SystemExit(f"{VARIABLE}: expected duckdb:///… or postgresql://…, found {url.partition(':')[0]}:…")
    return filled


def pack_assets(url: str) -> bytes:
    """The whole tree as one ZIP, the same bytes for the same tree and URL."""
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED) as bundle:
        for file in sorted(ASSETS.rglob("*.yaml")):
            name = file.relative_to(ASSETS)
            content = file.read_text(encoding="utf-8")
            if name == DATABASE:
                content = yaml.safe_dump(fill_database(yaml.safe_load(content), url), allow_unicode=True)
            bundle.writestr(ZipInfo(f"jixiao/{name.as_posix()}", (2026, 1, 1, 0, 0, 0)), content)
    return packed.getvalue()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    Path(sys.argv[1]).write_bytes(pack_assets(sys.argv[2] if len(sys.argv) == 3 else find_url()))
