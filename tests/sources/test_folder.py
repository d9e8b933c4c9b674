from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from extract.entities import Publication
from extract.errors import Reason, Refused, SourceError
from extract.sources.folder import discover_folder, path_of, read_file


def discover(folder: Path) -> dict[str, Publication]:
    return {path_of(p.url).name: p for p in discover_folder(folder, "inbox")[0]}


def read(publication: Publication, settle_seconds: float = 0) -> bytes:
    return read_file(publication.url, publication.listing, settle_seconds, 1000)[0]


def test_pdfs_are_found_whatever_the_case_of_their_ending_and_in_sub_folders(tmp_path: Path) -> None:
    (tmp_path / "2025").mkdir()
    for name in ("a.pdf", "b.PDF", "2025/c.pdf", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert set(discover(tmp_path)) == {"a.pdf", "b.PDF", "c.pdf"}


def test_a_missing_folder_is_an_error_and_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not a folder"):
        discover_folder(tmp_path / "gone", "inbox")


@pytest.mark.parametrize("name", ["..%2f..%2fx.pdf", "a b#c?.pdf", "\u202egnp.pdf", "绩效" * 20 + ".pdf", "x\r\ny.pdf"])
def test_a15_a_hostile_name_is_only_data(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"bytes")
    assert read(discover(tmp_path)[name]) == b"bytes"


def test_a15_a_name_that_is_no_text_is_read_too(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/\xff\xfe.pdf"
    with open(raw, "wb") as file:
        file.write(b"bytes")
    (publication,) = discover_folder(tmp_path, "inbox")[0]
    publication.url.encode("ascii")
    assert read(publication) == b"bytes"


def test_a16_a_pipe_a_folder_and_a_link_to_outside_are_refused_without_a_hang(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    (inbox / "folder.pdf").mkdir(parents=True)
    os.mkfifo(inbox / "pipe.pdf")
    (tmp_path / "secret").write_bytes(b"secret")
    (inbox / "link.pdf").symlink_to(tmp_path / "secret")
    found = discover(inbox)
    assert set(found) == {"folder.pdf", "pipe.pdf", "link.pdf"}
    for publication in found.values():
        with pytest.raises(Refused) as refusal:
            read(publication)
        assert refusal.value.reason is Reason.NOT_PDF


def test_a16_a_file_that_is_still_written_waits_until_it_rests(tmp_path: Path) -> None:
    path = tmp_path / "half.pdf"
    path.write_bytes(b"first half")
    (publication,) = discover_folder(tmp_path, "inbox")[0]

    def write_on() -> None:
        time.sleep(0.2)
        with path.open("ab") as file:
            file.write(b", second half")

    writer = threading.Thread(target=write_on)
    writer.start()
    with pytest.raises(SourceError, match="still being written"):
        read(publication, settle_seconds=1)
    writer.join()
    assert read(publication) == b"first half, second half"


def test_a16_an_unreadable_or_vanished_file_may_pass_later(tmp_path: Path) -> None:
    (tmp_path / "gone.pdf").write_bytes(b"x")
    (publication,) = discover_folder(tmp_path, "inbox")[0]
    (tmp_path / "gone.pdf").unlink()
    with pytest.raises(SourceError, match=r"gone\.pdf"):
        read(publication)


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    (tmp_path / "big.pdf").write_bytes(b"x" * 1001)
    (publication,) = discover_folder(tmp_path, "inbox")[0]
    with pytest.raises(Refused, match="1001 bytes"):
        read(publication)
