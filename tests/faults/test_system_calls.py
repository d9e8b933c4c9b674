"""The filter of system calls itself, for processors that this machine has not: its program is run here."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from extract.isolation import seccomp
from extract.isolation.syscalls import GENERIC, NUMBERS, PROCESSORS, X86_64


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
def test_the_filter_lets_a_child_read_and_answer_and_the_fork_server_fork(machine: str) -> None:
    table = PROCESSORS[machine].table
    number = {name: numbers[table] for name, numbers in NUMBERS.items()}
    child, parent = seccomp.Role.CHILD, seccomp.Role.FORK_SERVER

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
