"""Restrict by Landlock what this process may read; it may write and run nothing.

Kernels support more of it from version to version (`ABI`): files from 1 (Linux 5.13) on, truncating from 3, TCP from 4,
devices from 5, signals and abstract sockets from 6. What an older kernel does not restrict here, the filter of system
calls (seccomp.py) refuses anyway: sockets, signals, truncating. So 1 is enough.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from pathlib import Path

CREATE, ADD_RULE, RESTRICT = 444, 445, 446  # the same numbers on every processor
ASK_ABI, PATH_BENEATH = 1, 1
NO_NEW_PRIVILEGES = 38  # linux/prctl.h
EXECUTE, READ_FILE, READ_DIR = 1 << 0, 1 << 2, 1 << 3  # linux/landlock.h
FIRST_RIGHTS = (1 << 13) - 1  # of ABI 1: execute, write, read, list, remove, and one for each kind that can be made
LATER_RIGHTS = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # move between folders, truncate, control devices
TCP_RIGHTS, SCOPES = 0b11, 0b11  # bind and connect; abstract sockets and signals
TCP_FROM, SCOPES_FROM = 4, 6


def find_abi() -> int:
    """Return the kernel's Landlock ABI version, 0 for none: not built in, not switched on, or not Linux."""
    try:
        return max(0, int(_libc().syscall(CREATE, None, 0, ASK_ABI)))
    except (OSError, AttributeError):
        return 0


def restrict_files(readable: Iterable[Path], abi: int) -> None:
    """Restrict this thread and its descendants to reading these files and folders; raises OSError.

    Missing places are left out. Further descriptors cannot be opened; open ones stay usable.
    """
    libc = _libc()
    _check(libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0), "prctl")
    rights = FIRST_RIGHTS | sum(bit for since, bit in LATER_RIGHTS.items() if abi >= since)
    rules = _create(abi, rights)
    for place in readable:
        try:
            at = os.open(place, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        allowed = READ_FILE | (READ_DIR if stat.S_ISDIR(os.fstat(at).st_mode) else 0)
        try:
            _check(libc.syscall(ADD_RULE, rules, PATH_BENEATH, struct.pack("=QI", allowed, at), 0), "landlock_add_rule")
        finally:
            os.close(at)
    _restrict(rules)


def enter_own_domain(abi: int) -> None:
    """Enter a nested domain that may touch no process of the outer one, its parent among them."""
    _restrict(_create(abi, EXECUTE))


def _create(abi: int, rights: int) -> int:
    """Create a ruleset that handles these file rights, and everything else that this kernel can."""
    fields = [rights, *([TCP_RIGHTS] if abi >= TCP_FROM else []), *([SCOPES] if abi >= SCOPES_FROM else [])]
    wanted = struct.pack(f"{len(fields)}Q", *fields)
    return _check(_libc().syscall(CREATE, wanted, len(wanted), 0), "landlock_create_ruleset")


def _restrict(rules: int) -> None:
    try:
        _check(_libc().syscall(RESTRICT, rules, 0), "landlock_restrict_self")
    finally:
        os.close(rules)


def _check(result: int, call: str) -> int:
    if result < 0:
        raise OSError(ctypes.get_errno(), f"{call}: {os.strerror(ctypes.get_errno())}")
    return result


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
