"""What a document does once its code runs in the reading child: started in worker.py's place, with the same arguments.

The worker is the real one. Only what it would do with a document is another thing: each attack of ATTACKS is tried, and
what came of it is the answer. The first attack that is not stopped would already be the end of the sandbox.
"""

from __future__ import annotations

import ctypes
import fcntl
import itertools
import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from extract.isolation import confine
from extract.reading import child_answers, worker
from extract.sources import page_process

SYSCALLS = {  # x86-64, aarch64: what has no name in Python
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "unshare": (272, 97),
    "mount": (165, 40),
    "io_uring_setup": (425, 425),
    "bpf": (321, 280),
    "userfaultfd": (323, 282),
    "perf_event_open": (298, 241),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "memfd_create": (319, 279),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "chmod": (90, None),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "fchmod": (91, 52),
    "chown": (92, None),
    "setxattr": (188, 5),
    "utimensat": (280, 88),
    "execveat": (322, 281),
    "landlock_create_ruleset": (444, 444),
    "seccomp": (317, 277),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
}


def _call(name: str, *arguments: Any) -> None:
    number = SYSCALLS[name][0 if os.uname().machine == "x86_64" else 1]
    if number is None:
        raise PermissionError("not on this processor")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.syscall(number, *arguments) < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _open_udp() -> None:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"secret", ("127.0.0.1", 9))


def _fork() -> None:
    if os.fork() == 0:
        os._exit(0)


def _write_memory_of(pid: int) -> None:
    with open(f"/proc/{pid}/mem", "r+b", buffering=0):
        pass


def _signal_by_descriptor(pid: int) -> None:
    """Have the kernel send the parent a signal when a descriptor is ready."""
    fcntl.fcntl(1, fcntl.F_SETOWN, pid)


def _write_into(path: str) -> None:
    with open(path, "r+b", buffering=0) as file:
        file.write(b"x")


def _hoard() -> None:
    held: list[int] = []
    try:
        while len(held) < 65:
            held.append(os.dup(1))
    finally:
        for number in held:
            os.close(number)


def list_attacks(given: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Everything that is tried; a function that returns has done harm."""
    calls = {f"call {name}": lambda name=name: _call(name, 0, 0, 0, 0, 0) for name in SYSCALLS}
    return {**list_network_attacks(given), **list_file_attacks(given), **list_process_attacks(given), **calls}


def list_network_attacks(given: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Attempts to reach another machine or process."""
    return {
        "connect TCP": lambda: socket.create_connection(("127.0.0.1", given["port"]), timeout=2),
        "connect to a Unix socket": lambda: socket.socket(socket.AF_UNIX).connect(given["unix"]),
        "send UDP": _open_udp,
        "resolve a name": lambda: socket.getaddrinfo("localhost", 80),
        "make a pair of sockets": socket.socketpair,
    }


def list_file_attacks(given: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Attempts to read or change a file, the given document among them."""
    target = given["target"]
    return {
        "read /etc/passwd": lambda: open("/etc/passwd").read(),
        "read /etc/hostname": lambda: open("/etc/hostname").read(),
        "read the ledger": lambda: open(given["ledger"], "rb").read(),
        "list the home": lambda: os.listdir(os.path.dirname(given["ledger"])),
        "read another document": lambda: open(given["document"], "rb").read(),
        "write another document": lambda: open(given["document"], "r+b"),
        "make a file": lambda: open(target, "w"),
        "make a file in the package": lambda: open(
            os.path.join(os.path.dirname(child_answers.__file__), "evil.py"), "w"
        ),
        "make a folder": lambda: os.mkdir(target),
        "make a link": lambda: os.symlink("/etc/passwd", target),
        "rename": lambda: os.rename(given["document"], target),
        "remove": lambda: os.unlink(given["document"]),
        "truncate": lambda: os.truncate(given["document"], 0),
        "chmod": lambda: os.chmod(given["document"], 0o644),
        "chown": lambda: os.chown(given["document"], 0, 0),
        "set times": lambda: os.utime(given["document"]),
        "chdir": lambda: os.chdir("/tmp"),
        "change the given document": lambda: _write_into(given["own"]),
        "truncate the given document": lambda: os.ftruncate(given["descriptor"], 0),
        "chmod the given document": lambda: os.fchmod(given["descriptor"], 0o777),
        "write into the given document": lambda: os.write(given["descriptor"], b"x"),
    }


def list_process_attacks(given: dict[str, Any]) -> dict[str, Callable[[], Any]]:
    """Attempts to read, change, start or stop a process, and to take more of the machine."""
    outer, fork_server = given["pid"], os.getppid()
    return {
        "read the environment of the command": lambda: open(f"/proc/{outer}/environ").read(),
        "read the environment of the fork server": lambda: open(f"/proc/{fork_server}/environ").read(),
        "write the memory of the fork server": lambda: _write_memory_of(fork_server),
        "write the memory of the command": lambda: _write_memory_of(outer),
        "execute a program": lambda: os.execv("/bin/true", ["true"]),  # noqa: S606
        "start a process": _fork,
        "signal the command": lambda: os.kill(outer, 0),
        "signal the fork server": lambda: os.kill(fork_server, signal.SIGSTOP),
        "signal all": lambda: os.kill(-1, 0),
        "signal by a descriptor": lambda: _signal_by_descriptor(outer),
        "lower the limits of the command": lambda: resource.prlimit(outer, resource.RLIMIT_NOFILE, (3, 3)),
        "raise its own limits": lambda: resource.setrlimit(resource.RLIMIT_CORE, (0, 0)),
        "take a terminal": lambda: fcntl.ioctl(0, 0x540E, 0),
        "type on a terminal": lambda: fcntl.ioctl(0, 0x5412, b"x"),
        "own more than 64 descriptors": _hoard,
    }


def answer_request(request: dict[str, Any], document: str, limits: Any) -> child_answers.Answer:
    """What became of every attack, in place of grids."""
    given = GIVEN | {"own": document, "descriptor": int(document.rsplit("/", 1)[1])}
    found: dict[str, Any] = {}
    for name, attack in list_attacks(given).items():
        if name not in given.get("only", [name]):
            continue
        try:
            found[name] = f"DONE: {attack()!r}"
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    seen = {
        "environment": dict(os.environ),
        "descriptors": [os.readlink(f"/proc/self/fd/{number}") for number in range(64) if _is_open(number)],
        "document": Path(document).read_bytes()[:5].decode(),
        "modules": sorted(sys.modules),
    }
    return {"grids": 1}, json.dumps([found, seen]).encode()


def read_as_hostile_page(head: dict[str, Any], body: bytes) -> Any:
    """What became of every attack, in place of a page: as entries of it."""
    if body in LIES_OF_PAGES:
        return LIES_OF_PAGES[body]()
    attacks = list_attacks(GIVEN | {"own": "", "descriptor": 0})
    found = []
    for name, attack in attacks.items():
        if "given document" in name or name not in GIVEN.get("only", [name]):
            continue
        try:
            found.append((name, f"DONE: {attack()!r}", None))
        except Exception as error:
            found.append((name, f"{type(error).__name__}: {error}", None))
    seen = [("environment", " ".join(sorted(os.environ)), None), ("source", json.dumps(head["source"]), None)]
    return [*found, *seen], None, None


def _die_of_x32(*_: Any) -> child_answers.Answer:
    """Ask as a program of another instruction set would."""
    ctypes.CDLL(None).syscall(0x40000000 + 39)
    return {"grids": 1}, b"[]"


def _kill_itself(*_: Any) -> child_answers.Answer:
    os.abort()


def _loop(*_: Any) -> child_answers.Answer:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    while True:
        pass


MET = itertools.count(1)
LIES: dict[str, Callable[..., child_answers.Answer]] = {  # what a taken child may answer, besides silence
    "no object": lambda *_: ([], b""),  # type: ignore[return-value]
    "unknown reason": lambda *_: ({"refused": "because", "detail": "\x1b[31m", "page": 1}, b""),
    "terminal codes": lambda *_: ({"refused": "truncated", "detail": "\x1b[31mred\n", "page": "1"}, b""),
    "no reading": lambda *_: ({"reading": 1}, b"{}"),
    "no JSON": lambda *_: ({"reading": 1}, b"{"),
    "no text": lambda *_: ({"reading": 1}, b"\xff"),
    "nested": lambda *_: ({"reading": 1}, b"[" * 100_000),
    "no number": lambda *_: ({"reading": "many", "pages": -1}, b"{}"),
    "no picture": lambda *_: ({"picture": {"width": 1e9}}, b"GIF"),
    "endless": lambda *_: ({"reading": "x" * (1 << 22)}, b""),
    "x32": _die_of_x32,
    "abort": _kill_itself,
    "count": lambda *_: ({"pages": next(MET)}, b""),
    "loop": _loop,
}


LIES_OF_PAGES: dict[bytes, Callable[[], Any]] = {
    b"abort": os.abort,
    b"no page": lambda: 1,
    b"no entries": lambda: (1, None, None),
    b"no text": lambda: ([(1, 2, None)], None, None),
    b"no day": lambda: ([("http://h/1.pdf", "x", "yesterday")], None, None),
    b"no address": lambda: ([], 1, None),
    b"no object": lambda: os.write(find_channel(), b"[]\n"),
    b"no JSON": lambda: os.write(find_channel(), b"{\n"),
    b"nested": lambda: os.write(find_channel(), b"[" * 100_000 + b"\n"),
}


def find_channel() -> int:
    """The socket that answers go to."""
    return max(
        number for number in range(64) if _is_open(number) and "socket" in os.readlink(f"/proc/self/fd/{number}")
    )


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    GIVEN = json.loads(sys.argv.pop(1))
    if "abi" in GIVEN:
        confine.find_abi = lambda: GIVEN["abi"]
    if "page" in GIVEN:
        page_process._read = read_as_hostile_page
        sys.exit(page_process.main())
    if "tell" in GIVEN:
        LIES["tell"] = lambda *_: ({"reading": 1}, TOLD)
        TOLD = Path(GIVEN["tell"]).read_bytes()
        GIVEN["lie"] = "tell"
    child_answers.answer_request = LIES[GIVEN["lie"]] if "lie" in GIVEN else answer_request
    sys.exit(worker.main())
