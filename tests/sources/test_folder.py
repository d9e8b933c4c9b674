from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest
from sites import ledger_of, pdf, see

from extract.entities import Publication
from extract.errors import Reason, Refused, SourceError
from extract.publishers import load_publisher
from extract.settings import PROJECT, Settings
from extract.sources import landing
from extract.sources.discovery import Discovery, check_discovery
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


STEP = """
import os, sys
from pathlib import Path
from extract.errors import Refused
from extract.sources.folder import discover_folder, read_file
if os.getuid() == 0:
    os.setuid(65534)  # root may read everything
found, broken = discover_folder(Path(sys.argv[1]), "inbox")
print([one.url.rpartition("/")[2] for one in found], len(broken))
for one in found:
    try:
        print(read_file(one.url, one.listing, 0, 1000)[0])
    except Refused as error:
        print(error.reason)
"""


@pytest.mark.parametrize("target", ["self.pdf", "nowhere"])
def test_a16_a_link_that_leads_nowhere_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "self.pdf").symlink_to(target)
    with pytest.raises(Refused, match="leads nowhere") as refusal:
        read(discover(tmp_path)["self.pdf"])
    assert refusal.value.reason is Reason.NOT_PDF


def test_a16_a_socket_is_refused(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(tmp_path / "s.pdf"))
        with pytest.raises(Refused, match="found a socket"):
            read(discover(tmp_path)["s.pdf"])


def test_a16_what_nobody_may_read_holds_up_nothing_else(tmp_path: Path) -> None:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))  # pytest's own folders are its user's alone
    try:
        (folder / "closed").mkdir()
        for name in ("closed/a.pdf", "b.pdf", "c.pdf"):
            (folder / name).write_bytes(b"bytes")
        (folder / "b.pdf").chmod(0)
        (folder / "closed").chmod(0)
        folder.chmod(0o755)
        done = subprocess.run([sys.executable, "-c", STEP, str(folder)], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines() == ["['b.pdf', 'c.pdf'] 1", "forbidden", "b'bytes'"]
    finally:
        (folder / "closed").chmod(0o755)
        shutil.rmtree(folder)


def test_a16_folders_deeper_than_a_path_may_be_are_told_in_a_line_and_hold_up_nothing_else(
    settings: Settings, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    for name in ("a", "b"):
        (inbox / name).mkdir(parents=True)
        (inbox / f"{name}.pdf").write_bytes(pdf(name))
        descriptor = os.open(inbox / name, os.O_RDONLY)
        for _ in range(20):  # 20 times 240 bytes
            os.mkdir("深" * 80, dir_fd=descriptor)
            descriptor, above = os.open("深" * 80, os.O_RDONLY, dir_fd=descriptor), descriptor
            os.close(above)
        os.close(descriptor)
    mine = settings.model_copy(update={"inbox": inbox})
    see(mine, "night")
    ledger = ledger_of(mine)
    assert len(ledger.sightings("night", 9)) == 2
    (finding,) = ledger.findings("night")
    assert (finding["code"], finding["detail"].count("File name too long")) == ("not_listed", 2)
    assert len(finding["detail"]) < 1000


def test_of_very_many_troubles_some_are_named_and_the_rest_is_counted() -> None:
    found = Discovery([], broken=[f"folder {n}: Permission denied" for n in range(10_000)])
    publisher = load_publisher(PROJECT / "extract/publishers/inbox.yml")
    (finding,) = check_discovery(publisher, found, 0)
    assert finding.detail.startswith("folder 0: Permission denied; folder 1: ")
    assert finding.detail.endswith("; and 9995 more")


def test_a16_a_link_that_is_swapped_after_the_look_gives_nothing_from_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    (inbox / "a.pdf").write_bytes(b"bytes")
    (publication,) = discover_folder(inbox, "inbox")[0]
    really = os.open

    def swap(path: Path, flags: int) -> int:
        (inbox / "a.pdf").unlink()
        (inbox / "a.pdf").symlink_to(tmp_path / "secret")
        return really(path, flags)

    monkeypatch.setattr("extract.sources.folder.os.open", swap)
    with pytest.raises(Refused, match="leads out of"):
        read(publication)


def test_a16_a_file_overwritten_with_its_time_put_back_is_not_taken_torn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"before")
    (publication,) = discover_folder(tmp_path, "inbox")[0]
    really = os.fdopen

    def overwrite(*given: object, **more: object) -> object:
        times = path.stat()
        with path.open("r+b") as file:
            file.write(b"after!")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return really(*given, **more)  # type: ignore[call-overload]

    monkeypatch.setattr("extract.sources.folder.os.fdopen", overwrite)
    with pytest.raises(SourceError, match="still being written"):
        read(publication)
    monkeypatch.undo()
    assert read(publication) == b"after!"


def test_a_file_that_did_not_change_is_read_once(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.inbox
    settings.inbox.mkdir(parents=True)
    (settings.inbox / "a.pdf").write_bytes(pdf("a"))
    taken: list[str] = []
    monkeypatch.setattr(landing, "read_file", lambda url, *more: taken.append(url) or read_file(url, *more))
    for night in ("one", "two"):
        see(settings, night)
    assert len(taken) == 1
    assert [one["sha256"] is not None for one in ledger_of(settings).sightings("two", 9)] == [True]
    (settings.inbox / "a.pdf").write_bytes(pdf("b"))
    see(settings, "three")
    assert len(taken) == 2
