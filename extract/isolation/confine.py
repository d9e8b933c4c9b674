"""Confine this process to reading its libraries and its open descriptors."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from extract.isolation.landlock import enter_own_domain, find_abi, restrict_files
from extract.isolation.seccomp import Role, filter_calls, has_filters
from extract.isolation.syscalls import find_processor

PACKAGE = Path(__file__).resolve().parent.parent  # extract/: nothing else of the project is read
LIBRARIES = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")
DEVICES = ("/dev/null", "/dev/urandom")
PACKAGE_FOLDERS = ("site-packages", "dist-packages")


class UnconfinedError(OSError):
    """This kernel lacks a feature that confinement needs; the message names it."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """Confinement features of this machine's kernel."""

    landlock: int  # the version of its interface, 0 for none
    seccomp: bool
    processor: str

    @property
    def missing(self) -> str | None:
        """The feature that prevents confinement, None where all are there."""
        if not sys.platform.startswith("linux"):
            return f"{sys.platform} has neither Landlock nor seccomp: Linux is needed"
        if not self.landlock:
            return "this kernel gives no Landlock (Linux 5.13 or newer, with `landlock` among its security modules)"
        if not self.seccomp:
            return f"this kernel gives no seccomp filters, or none for {self.processor}"
        return None


def describe_kernel() -> Kernel:
    """Query the kernel's features; changes nothing."""
    linux = sys.platform.startswith("linux")
    known = find_processor() is not None
    return Kernel(find_abi() if linux else 0, linux and known and has_filters(), os.uname().machine)


def confine_fork_server() -> None:
    """Restrict files, network and programs, before any parser is imported; raises UnconfinedError, OSError."""
    abi = _require()
    restrict_files(readable_places(), abi)
    _filter(Role.FORK_SERVER)


def confine_child() -> None:
    """Restrict processes and signals too, in a child of the fork server, before it opens a document."""
    enter_own_domain(_require())
    _filter(Role.CHILD)


def confine_process() -> None:
    """Confine a process that forks none, before it imports a parser. Raises UnconfinedError, OSError."""
    confine_fork_server()
    confine_child()


def readable_places() -> list[Path]:
    """List the interpreter, its libraries and this package: public code, and no data."""
    standard = os.path.dirname(os.__file__)
    packages = [entry for entry in sys.path if os.path.basename(entry) in PACKAGE_FOLDERS]
    native = os.path.join(sys.base_prefix, "lib")
    return [PACKAGE, *map(Path, (standard, *packages, native, *LIBRARIES, *DEVICES))]


def _require() -> int:
    kernel = describe_kernel()
    if kernel.missing:
        raise UnconfinedError(kernel.missing)
    return kernel.landlock


def _filter(role: Role) -> None:
    processor = find_processor()
    if processor is None:  # pragma: no cover - _require has asked
        raise UnconfinedError("no table of system calls for this processor")
    filter_calls(processor, role)
