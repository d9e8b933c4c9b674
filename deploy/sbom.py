"""A lock in, a software bill of materials (CycloneDX 1.5, JSON) or a table of licences out.

    python deploy/sbom.py constraints-production.txt > sbom.json
    python deploy/sbom.py --licences constraints-production.txt > docs/licences.md

Names, versions and hashes are those of the lock; licences those that the installed packages state of themselves.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
PROJECTS_SAY = {"openlineage-sql": "Apache-2.0"}  # in their repositories, not in their packages
NOT_HERE = "not installed on Linux with Python 3.11"
INTRODUCTION = """# Licences

What the production image holds, by its lock `constraints-production.txt`, with the licence that each package states of
itself. Written by `make sbom`. Jixiao itself is under Apache-2.0.

No package of the image is under the GPL or the AGPL alone: `text-unidecode` may be taken under the Artistic License.
Under the LGPL: `psycopg`, `psycopg-binary`, `psycopg2-binary`. `PyMuPDF` (AGPL) is only in the extra `[bench]`, which
`make optional` installs for measuring; it is in no image, and nothing of Jixiao imports it.

| package | version | licence |
|---|---|---|
"""


def read_lock(text: str) -> list[dict[str, Any]]:
    """Name, version, marker and hashes of each pin, in the order of the lock."""
    found: list[dict[str, Any]] = []
    for line in text.splitlines():
        pinned = PINNED.match(line)
        if pinned:
            found.append({"name": pinned[1].lower(), "version": pinned[2], "marker": pinned[3], "hashes": []})
        elif found:
            found[-1]["hashes"] += HASH.findall(line)
    return found


def licence_of(name: str) -> str:
    """What a package says of its licence: an SPDX expression, else classifiers, else the first line of its text."""
    try:
        said = metadata(name)
    except PackageNotFoundError:
        return NOT_HERE
    if expression := said.get("License-Expression"):
        return str(expression)
    classified = [
        one.rpartition(" :: ")[2] for one in said.get_all("Classifier") or () if one.startswith("License :: ")
    ]
    named = [one for one in classified if one != "OSI Approved"]
    if named:
        return ", ".join(named)
    lines = str(said.get("License") or "").strip().splitlines()
    return lines[0][:80] if lines else PROJECTS_SAY.get(name, "not stated")


def make_sbom(lock: Path, version: str) -> dict[str, Any]:
    """The bill of materials of a lock; the same lock gives the same document."""
    components = [
        {
            "type": "library",
            "bom-ref": f"pkg:pypi/{one['name']}@{one['version']}",
            "name": one["name"],
            "version": one["version"],
            "purl": f"pkg:pypi/{one['name']}@{one['version']}",
            "licenses": [{"license": {"name": licence_of(one["name"])}}],
            # of every file of that version, of which one is installed: properties, for `hashes` would mean one file
            "properties": [
                *({"name": "jixiao:sha256", "value": digest} for digest in one["hashes"]),
                *([{"name": "jixiao:marker", "value": one["marker"]}] if one["marker"] else []),
            ],
        }
        for one in read_lock(lock.read_text(encoding="utf-8"))
    ]
    own = f"pkg:pypi/jixiao-warehouse@{version}"
    serial = uuid.uuid5(uuid.NAMESPACE_URL, own + json.dumps(components, sort_keys=True))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": "jixiao-warehouse",
                "version": version,
                "purl": own,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [one["bom-ref"] for one in components]}],
    }


def make_table(lock: Path) -> str:
    """The page of licences."""
    rows = read_lock(lock.read_text(encoding="utf-8"))
    lines = (f"| {one['name']} | {one['version']} | {licence_of(one['name']).replace('|', '/')} |" for one in rows)
    return INTRODUCTION + "\n".join(lines) + "\n"


def main(arguments: list[str]) -> None:
    from extract import __version__

    lock = Path(arguments[-1])
    if arguments[0] == "--licences":
        sys.stdout.write(make_table(lock))
    else:
        json.dump(make_sbom(lock, __version__), sys.stdout, indent=1, ensure_ascii=False)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main(sys.argv[1:])
