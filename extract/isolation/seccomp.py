"""Install a filter of system calls for a role, for the rest of the process's life.

Calls that are not listed fail with EPERM; clone3, whose arguments no filter can see, and calls newer than the list fail
with ENOSYS, so that the C library takes the older way. A process of another instruction set is killed.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from enum import StrEnum

from extract.isolation.syscalls import CLONE, CLONE3, GUARDED, NEWEST, PLAIN, X86_64, Processor

PR_SET_SECCOMP, FILTER_MODE = 22, 2  # linux/prctl.h, linux/seccomp.h
ALLOW, KILL_PROCESS, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
DENY, UNKNOWN = ERRNO | errno.EPERM, ERRNO | errno.ENOSYS
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # linux/bpf_common.h
NUMBER_AT, AUDIT_AT, ARGUMENTS_AT = 0, 4, 16  # offsets in struct seccomp_data
X32_BIT = 0x40000000

CLONE_THREAD, CLONE_NEW_SPACES = 0x00010000, 0x7E020000  # linux/sched.h
DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 4, 1030, 1034)  # of fcntl: duplicate, flags, seals; none that sends a signal
TERMINAL_QUESTIONS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # of ioctl: is it one, how large, how much waits
NAMES = (15, 16, 0x53564D41)  # of prctl: of threads and of memory, for debuggers
CONFINE = (1, PR_SET_SECCOMP, 38)  # of prctl: die with the parent, take a filter, no new privileges

Instruction = tuple[int, int, int, int]  # operation, steps if true, steps if not, operand
DENY_UNLESS_ZERO: list[Instruction] = [(JUMP_EQUAL, 1, 0, 0), (RETURN, 0, 0, DENY)]


class Role(StrEnum):
    """The fork server forks and ends children, and opens no document; a child does neither, and opens documents."""

    FORK_SERVER = "fork_server"
    CHILD = "child"


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def filter_calls(processor: Processor, role: Role) -> None:
    """Restrict this thread and its descendants to the calls of its role; raises OSError."""
    program = b"".join(struct.pack("HBBI", *one) for one in make_program(processor, role, os.getpid()))
    buffer = ctypes.create_string_buffer(program)
    given = _Program(len(program) // 8, ctypes.addressof(buffer))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, FILTER_MODE, ctypes.byref(given), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the kernel takes no seccomp filter")


def has_filters() -> bool:
    """Return True if the kernel supports filters: given a null address, it then reports a fault."""
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(PR_SET_SECCOMP, FILTER_MODE, None, 0, 0) != 0 and ctypes.get_errno() == errno.EFAULT


def make_program(processor: Processor, role: Role, own: int) -> list[Instruction]:
    """Return the filter in BPF; `own` is the id of the process that it is for."""
    program: list[Instruction] = [
        (LOAD, 0, 0, AUDIT_AT),
        (JUMP_EQUAL, 1, 0, processor.audit),
        (RETURN, 0, 0, KILL_PROCESS),
        (LOAD, 0, 0, NUMBER_AT),
    ]
    if processor.table == X86_64:
        program += [(JUMP_AT_LEAST, 0, 1, X32_BIT), (RETURN, 0, 0, KILL_PROCESS)]
    for numbers in PLAIN.values():
        program += _when(numbers[processor.table], [(RETURN, 0, 0, ALLOW)])
    for name, numbers in GUARDED.items():
        program += _when(numbers[processor.table], _guard(name, role, own))
    return [*program, (JUMP_AT_LEAST, 0, 1, NEWEST + 1), (RETURN, 0, 0, UNKNOWN), (RETURN, 0, 0, DENY)]


def _when(number: int | None, then: list[Instruction]) -> list[Instruction]:
    return [] if number is None else [(JUMP_EQUAL, 0, len(then), number), *then]


def _guard(name: str, role: Role, own: int) -> list[Instruction]:
    """Return the instructions for a call whose arguments decide; every path ends with a verdict."""
    fork_server = role is Role.FORK_SERVER
    if name == CLONE3:
        return [(RETURN, 0, 0, UNKNOWN)]
    if name == CLONE:  # threads; the fork server makes processes too
        needed: list[Instruction] = [] if fork_server else [(JUMP_BITS, 1, 0, CLONE_THREAD), (RETURN, 0, 0, DENY)]
        return [_load(0), (JUMP_BITS, 0, 1, CLONE_NEW_SPACES), (RETURN, 0, 0, DENY), *needed, (RETURN, 0, 0, ALLOW)]
    if name == "fcntl":
        return _one_of(1, DESCRIPTOR_COMMANDS)
    if name == "ioctl":
        return _one_of(1, TERMINAL_QUESTIONS)
    if name == "prctl":
        return _one_of(0, (*NAMES, *CONFINE) if fork_server else NAMES)
    if name == "prlimit64":  # one's own limits; a child asks for them, and sets none
        if fork_server:
            return _one_of(0, (0,))
        zero = [one for word in (_load(0), _load(2), _load(2, high=True)) for one in (word, *DENY_UNLESS_ZERO)]
        return [*zero, (RETURN, 0, 0, ALLOW)]
    if name == "tgkill" and not fork_server:  # abort()
        return _one_of(0, (own,))
    return [(RETURN, 0, 0, ALLOW if fork_server else DENY)]


def _one_of(argument: int, values: Iterable[int]) -> list[Instruction]:
    tests = [one for value in values for one in ((JUMP_EQUAL, 0, 1, value), (RETURN, 0, 0, ALLOW))]
    return [_load(argument), *tests, (RETURN, 0, 0, DENY)]


def _load(argument: int, *, high: bool = False) -> Instruction:
    """Load the low half of an argument, on little-endian processors; the high one matters for pointers only."""
    return (LOAD, 0, 0, ARGUMENTS_AT + 8 * argument + (4 if high else 0))
