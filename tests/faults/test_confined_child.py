"""Code that a document has put into the reading child: what it can reach, and whom it can harm."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extract.errors import JixiaoError, Reason, Refused, SandboxError
from extract.isolation import confine, landlock, seccomp
from extract.isolation.confine import describe_kernel
from extract.isolation.syscalls import GENERIC, NUMBERS, PROCESSORS, X86_64
from extract.jobs import ingest
from extract.jobs.batches import name_child
from extract.ledger import Ledger
from extract.processes import list_descendants
from extract.publishers import load_publishers
from extract.reading import nursery
from extract.reading.exchange import reading_to_json
from extract.reading.sandbox import Sandbox, read_sandboxed
from extract.report.page_images import PictureError, draw_page
from extract.settings import PROJECT, Settings, get_settings

GOOD = PROJECT / "tests/fixtures/v15_2024.pdf"
OTHER = PROJECT / "tests/fixtures/d02_typst_sichuan.pdf"
HOSTILE = Path(__file__).with_name("hostile_child.py")
needs_kernel = pytest.mark.skipif(describe_kernel().missing is not None, reason=str(describe_kernel().missing))


def take_over(monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
    """From now on every reading child is taken over by its first document."""
    monkeypatch.setattr(nursery, "COMMAND", [sys.executable, "-I", str(HOSTILE), json.dumps(given)])


@pytest.fixture
def targets(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """What an attacker would like to reach: a server, a socket, a ledger, another document."""
    ledger, document = tmp_path / "ledger.db", tmp_path / "document.pdf"
    ledger.write_text("secret", encoding="utf-8")
    document.write_bytes(b"%PDF-")
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        yield {
            "pid": os.getpid(),
            "port": server.getsockname()[1],
            "unix": str(tmp_path / "socket"),
            "ledger": str(ledger),
            "document": str(document),
            "target": str(tmp_path / "made"),
        }
    assert ledger.read_text(encoding="utf-8") == "secret"
    assert document.read_bytes() == b"%PDF-"


@pytest.fixture
def found(targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a hostile document met: what became of each attack, and what it saw."""
    monkeypatch.setenv("JIXIAO_ALERT_URL", "https://example.org/secret")
    take_over(monkeypatch, **targets)
    with Sandbox(reader="pdfium", confined=True) as sandbox:
        return sandbox.read_grids(GOOD)


@needs_kernel
def test_a32_every_attack_from_inside_the_child_is_refused(found: list[dict[str, Any]]) -> None:
    attacks, _ = found
    not_by_permission = {"resolve a name": "gaierror", "raise its own limits": "ValueError"}
    not_by_permission |= dict.fromkeys(
        ("change the given document", "write into the given document"), "OSError: [Errno 27]"
    )
    not_by_permission["own more than 64 descriptors"] = "OSError: [Errno 24]"
    wrong = {
        name: came
        for name, came in attacks.items()
        if not came.startswith((not_by_permission.get(name, "PermissionError"), "OSError: [Errno 38]"))
    }
    assert not wrong
    assert len(attacks) > 60


@needs_kernel
def test_a32_the_child_sees_its_document_and_nothing_of_ours(found: list[dict[str, Any]]) -> None:
    _, seen = found
    assert seen["document"] == "%PDF-"
    assert {*seen["environment"]} - {"LC_CTYPE"} == {*nursery.ENVIRONMENT}
    kinds = sorted(one.partition(":")[0] for one in seen["descriptors"])
    assert [one for one in kinds if one != "/dev/null"] == ["/memfd", "pipe", "socket"]
    unused = {"pydantic", "sqlalchemy", "httpx", "duckdb", "pdfplumber", "PIL", "extract.settings"}
    assert not unused & {*seen["modules"]}


@needs_kernel
def test_a32_without_confinement_the_same_code_gets_through(
    targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the attacks would prove nothing."""
    harmless = ("connect TCP", "read /etc/passwd", "read the ledger", "read another document", "start a process")
    take_over(monkeypatch, **targets, only=harmless)
    with Sandbox(reader="pdfium", confined=False) as sandbox:
        attacks, _ = sandbox.read_grids(GOOD)
    assert {name for name, came in attacks.items() if came.startswith("DONE")} == {*harmless}


@needs_kernel
@pytest.mark.parametrize(
    "lie", ["no object", "unknown reason", "no reading", "no JSON", "no text", "nested", "no number", "endless"]
)
def test_a32_an_answer_that_is_none_is_an_error_of_that_document(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie=lie)
    with pytest.raises(JixiaoError) as error:
        read_sandboxed(GOOD, reader="pdfium")
    assert not isinstance(error.value, SandboxError)
    assert str(error.value).isprintable()


@needs_kernel
def test_a32_what_a_child_says_writes_no_codes_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie="terminal codes")
    with pytest.raises(Refused) as refusal:
        read_sandboxed(GOOD, reader="pdfium")
    assert (refusal.value.detail, refusal.value.page) == ("\ufffd[31mred\ufffd", None)


@needs_kernel
def test_a32_a_picture_that_is_none_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie="no picture")
    with pytest.raises(PictureError):
        draw_page(GOOD, 1, tmp_path / "page.png")
    assert not (tmp_path / "page.png").exists()


@needs_kernel
@pytest.mark.parametrize("lie", ["abort", *(["x32"] if os.uname().machine == "x86_64" else [])])
def test_a32_a_child_that_dies_costs_its_document(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie=lie)
    with Sandbox(reader="pdfium") as sandbox:
        for _ in range(2):  # the nursery lives on
            with pytest.raises(Refused) as refusal:
                sandbox.read(GOOD)
            assert refusal.value.reason is Reason.TRUNCATED


@needs_kernel
def test_a32_a_taken_child_answers_for_no_other_publisher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child counts what it has met: one publisher's documents share it, and nobody else's."""
    take_over(monkeypatch, lie="count")
    with Sandbox(reader="pdfium") as sandbox:
        counted = [sandbox.count_pages(GOOD, publisher) for publisher in ("a", "a", "b", "b", "b", "a", None)]
    assert counted == [1, 2, 1, 2, 3, 1, 1]


@needs_kernel
def test_a32_documents_of_a_place_that_several_use_share_no_child(tmp_path: Path) -> None:
    (tmp_path / "inbox.yml").write_text("source: {kind: folder, path: inbox}\n", encoding="utf-8")
    (tmp_path / "office.yml").write_text("name: 财政局\nsource: {kind: folder, path: office}\n", encoding="utf-8")
    publishers = load_publishers(tmp_path)
    assert name_child(publishers, "inbox", "aa") != name_child(publishers, "inbox", "bb")
    assert name_child(publishers, "office", "aa") == name_child(publishers, "office", "bb")


@needs_kernel
def test_a32_a_reading_in_another_documents_name_is_not_staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for path in (GOOD, OTHER):
        (inbox / path.name).write_bytes(path.read_bytes())
    settings = Settings(home=tmp_path / "var", settle_seconds=0, reader="pdfium")
    ingest.discover(settings, "night", inbox=str(inbox))
    ingest.land(settings, "night")
    (batch,) = ingest.plan_batches(settings)
    told = read_sandboxed(GOOD, reader="pdfium")
    text = tmp_path / "told.json"
    text.write_text(reading_to_json(told), encoding="utf-8")
    with monkeypatch.context() as taken:  # every document says that it is GOOD, with GOOD's rows
        take_over(taken, tell=str(text))
        ingest.read_batch(settings, batch)
    assert ingest.stage_read(settings, "night") == 1
    ledger = Ledger(settings.ledger_url or "")
    states = {sha256: ledger.document(sha256)["state"] for sha256 in batch}
    assert sorted(states.values()) == ["failed", "staged"]
    assert states[told.sha256] == "staged"


def test_a32_no_document_is_read_where_the_kernel_does_not_confine(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend = "import extract.isolation.confine as c; c.find_abi = lambda: 0; "
    started = "import sys; from extract.reading import worker; sys.exit(worker.main())"
    monkeypatch.setattr(nursery, "COMMAND", [sys.executable, "-I", "-c", pretend + started])
    with pytest.raises(SandboxError, match="no Landlock"):
        read_sandboxed(GOOD, reader="pdfium")
    with Sandbox(reader="pdfium", confined=False) as sandbox:
        assert len(sandbox.read(GOOD, reader="pdfium").records) == 99


def test_a32_a_process_that_does_not_start_is_no_documents_fault(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / GOOD.name).write_bytes(GOOD.read_bytes())
    ingest.discover(settings, "night", inbox=str(inbox))
    ingest.land(settings, "night")
    (batch,) = ingest.plan_batches(settings)
    monkeypatch.setattr(nursery, "COMMAND", [sys.executable, "-c", "import sys; sys.exit(1)"])
    with pytest.raises(SandboxError):
        ingest.read_batch(settings, batch)
    assert Ledger(settings.ledger_url or "").document(batch[0])["state"] == "landed"


@needs_kernel
@pytest.mark.parametrize("abi", range(1, landlock.find_abi() + 1))
def test_a32_every_older_kernel_confines_as_well(
    abi: int, targets: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older Landlock watches less; the filter of system calls refuses the rest."""
    take_over(monkeypatch, **targets, abi=abi)
    with Sandbox(reader="pdfium", confined=True) as sandbox:
        attacks, _ = sandbox.read_grids(GOOD)
    assert not [name for name, came in attacks.items() if came.startswith("DONE")]


# -- the filter itself, for processors that this machine has not -----------------------------------------------------


def run_filter(machine: str, role: seccomp.Role, number: int, *arguments: int) -> int:
    """What the kernel would make of a call: its answer, by running the filter here."""
    processor = PROCESSORS[machine]
    data = struct.pack("<iIQ6Q", number, processor.audit, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    program, at, loaded = seccomp.make_program(processor, role, 4711), 0, 0
    while True:
        operation, yes, no, operand = program[at]
        at += 1
        if operation == seccomp.LOAD:
            (loaded,) = struct.unpack_from("<I", data, operand)
        elif operation == seccomp.RETURN:
            return operand
        else:
            holds = {
                seccomp.JUMP_EQUAL: loaded == operand,
                seccomp.JUMP_AT_LEAST: loaded >= operand,
                seccomp.JUMP_BITS: bool(loaded & operand),
            }[operation]
            at += yes if holds else no


REFUSED_CALLS = {  # on x86-64, on the others
    "socket": (41, 198),
    "connect": (42, 203),
    "sendmsg": (46, 211),
    "execve": (59, 221),
    "kill": (62, 129),
    "wait4": (61, 260),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchownat": (260, 54),
    "unlinkat": (263, 35),
    "renameat2": (316, 276),
    "mkdirat": (258, 34),
    "linkat": (265, 37),
    "symlinkat": (266, 36),
    "truncate": (76, 45),
    "ftruncate": (77, 46),
    "ptrace": (101, 117),
    "process_vm_writev": (311, 271),
    "prlimit64": (302, 261),
    "setns": (308, 268),
    "unshare": (272, 97),
    "bpf": (321, 280),
    "io_uring_setup": (425, 425),
    "pidfd_send_signal": (424, 424),
    "rt_sigqueueinfo": (129, 138),
    "memfd_create": (319, 279),
    "openat2": (437, 437),
    "clone3": (435, 435),
    "fchmodat2": (452, 452),
}


@pytest.mark.parametrize("machine", sorted(PROCESSORS))
@pytest.mark.parametrize("call", sorted(REFUSED_CALLS))
def test_a32_the_filter_refuses_on_every_processor(machine: str, call: str) -> None:
    number = REFUSED_CALLS[call][PROCESSORS[machine].table]
    if number is not None:
        answer = run_filter(machine, seccomp.Role.CHILD, number, 4712, 1, 1)
        assert answer in (seccomp.DENY, seccomp.UNKNOWN)


@pytest.mark.parametrize("machine", sorted(PROCESSORS))
def test_the_filter_lets_a_child_read_and_answer_and_the_nursery_fork(machine: str) -> None:
    table = PROCESSORS[machine].table
    number = {name: numbers[table] for name, numbers in NUMBERS.items()}
    child, parent = seccomp.Role.CHILD, seccomp.Role.NURSERY

    def asked(role: seccomp.Role, name: str, *arguments: int) -> int:
        found = number[name]
        assert found is not None
        return run_filter(machine, role, found, *arguments)

    for name in ("read", "write", "openat", "mmap", "futex", "exit_group", "recvmsg"):
        assert asked(child, name) == seccomp.ALLOW
    thread, process, space = 0x3D0F00, 0x01200011, 0x10000011
    assert asked(child, "clone", thread) == seccomp.ALLOW
    assert asked(child, "clone", process) == seccomp.DENY
    assert asked(parent, "clone", process) == seccomp.ALLOW
    assert asked(parent, "clone", space) == seccomp.DENY
    assert asked(child, "fcntl", 0, 8) == seccomp.DENY
    assert asked(child, "fcntl", 0, 1030) == seccomp.ALLOW
    assert asked(child, "prlimit64", 0, 7, 0) == seccomp.ALLOW
    assert asked(child, "prlimit64", 0, 7, 1 << 32) == seccomp.DENY
    assert asked(child, "tgkill", 4711) == seccomp.ALLOW
    assert asked(child, "tgkill", 4712) == seccomp.DENY
    assert asked(child, "clone3") == seccomp.UNKNOWN
    assert run_filter(machine, child, 460) == seccomp.UNKNOWN


def test_another_instruction_set_is_killed() -> None:
    foreign = struct.pack("<iI", 0, 0x40000003)  # 32-bit x86: its numbers mean other calls
    assert len(foreign) == 8
    program = seccomp.make_program(PROCESSORS["x86_64"], seccomp.Role.CHILD, 1)
    assert program[:3] == [(0x20, 0, 0, 4), (0x15, 1, 0, 0xC000003E), (0x06, 0, 0, seccomp.KILL_PROCESS)]
    assert run_filter("x86_64", seccomp.Role.CHILD, 0x40000000) == seccomp.KILL_PROCESS


@pytest.mark.parametrize(
    ("header", "table", "prefix"),
    [
        ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", X86_64, "__NR_"),
        ("/usr/include/asm-generic/unistd.h", GENERIC, "__NR_"),
    ],
)
def test_the_numbers_of_calls_are_those_of_the_kernels_headers(header: str, table: int, prefix: str) -> None:
    path = Path(header)
    if not path.exists():
        pytest.skip(f"no {header}: install linux-libc-dev")
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("#define __NR"))
    told = {words[1].replace("__NR3264_", prefix): words[2] for words in lines if len(words) > 2 and words[2].isdigit()}
    told = {name.removeprefix(prefix): int(number) for name, number in told.items()}
    told.setdefault("newfstatat", told.get("fstatat", -1))
    wrong = {
        name: (numbers[table], told[name])
        for name, numbers in NUMBERS.items()
        if numbers[table] is not None and name in told and numbers[table] != told[name]
    }
    assert not wrong
    assert len({name for name in NUMBERS if name in told}) > 70


def test_nothing_of_the_home_is_among_what_may_be_read(settings: Settings) -> None:
    places = confine.readable_places()
    for path in (settings.home, PROJECT / "var", PROJECT / ".env", Path("/etc/passwd"), Path("/proc"), Path("/tmp")):
        assert not [place for place in places if path.is_relative_to(place)]


@needs_kernel
def test_a18_children_end_with_the_process_that_wants_the_readings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child that is lost in a loop has nobody else to end it."""
    take_over(monkeypatch, lie="loop")
    sandbox = Sandbox(reader="pdfium")

    def ask() -> None:
        with contextlib.suppress(JixiaoError, OSError, ValueError, TypeError):
            sandbox.count_pages(GOOD)

    asked = threading.Thread(target=ask, daemon=True)
    asked.start()
    assert sandbox._nursery is not None
    found = await_children(sandbox._nursery.pid)
    sandbox.close()
    asked.join(30)
    await_ends(found)


ABANDON = """
import json, os, sys, threading
from extract.reading import nursery
from extract.reading.sandbox import Sandbox
nursery.COMMAND = [sys.executable, "-I", sys.argv[1], json.dumps({"lie": "loop"})]
sandbox = Sandbox(reader="pdfium")
threading.Thread(target=sandbox.count_pages, args=(__import__("pathlib").Path(sys.argv[2]),), daemon=True).start()
if os.fork() == 0:  # a copy that holds every descriptor, as a pool of workers does
    os.close(1)
    threading.Event().wait(60)
    os._exit(0)
print(sandbox._nursery.pid, flush=True)
threading.Event().wait()
"""


@needs_kernel
def test_a18_children_of_a_parent_that_is_killed_end_though_a_copy_of_it_lives() -> None:
    command = [sys.executable, "-c", ABANDON, str(HOSTILE), str(GOOD)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        forker = int(parent.stdout.readline())
        (child,) = await_children(forker)
        (copy,) = {*list_descendants(parent.pid)} - {forker, child}
        parent.kill()
    try:
        await_ends([forker, child])
        assert Path(f"/proc/{copy}").exists(), "the copy held the descriptors all the time"
    finally:
        os.kill(copy, signal.SIGKILL)


@needs_kernel
def test_a32_a_process_whose_parent_is_gone_before_it_can_follow_does_nothing() -> None:
    given = {"limits": get_settings().limits().to_dict(), "purpose": "pages", "confined": True, "parent": 1 << 22}
    done = subprocess.run(
        [*nursery.COMMAND, json.dumps(given)], capture_output=True, stdin=subprocess.DEVNULL, check=False
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"is gone" in done.stderr


@needs_kernel
def test_a18_the_kernel_ends_a_child_that_works_longer_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever became of the parent's clock."""
    take_over(monkeypatch, lie="loop")
    limits = replace(get_settings().limits(), seconds=0.4)
    with Sandbox(limits, reader="pdfium") as sandbox, pytest.raises(Refused) as refusal:
        sandbox.draw(GOOD, {}, seconds=300)
    assert refusal.value.reason is Reason.TRUNCATED
    assert f"exit {-signal.SIGKILL}" in refusal.value.detail


@needs_kernel
def test_a_child_that_has_worked_for_long_gets_no_further_document(monkeypatch: pytest.MonkeyPatch) -> None:
    take_over(monkeypatch, lie="count")
    with Sandbox(reader="pdfium") as sandbox:
        counted = [sandbox.count_pages(GOOD, "a")]
        sandbox._spent = sandbox.limits.seconds + 1
        counted += [sandbox.count_pages(GOOD, "a"), sandbox.count_pages(GOOD, "a")]
    assert counted == [1, 1, 2]


def await_children(forker: int) -> list[int]:
    """The children of a process, as soon as there is one."""
    listed = Path(f"/proc/{forker}/task/{forker}/children")
    while not (found := listed.read_text(encoding="ascii").split()):
        threading.Event().wait(0.01)
    return [int(pid) for pid in found]


def await_ends(pids: list[int]) -> None:
    """Fail where a process still runs after half a minute."""
    for _ in range(3000):
        if not any(runs(pid) for pid in pids):
            return
        threading.Event().wait(0.01)
    pytest.fail(f"of {pids} some still run")


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False
