from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from extract.locks import LockedError, hold_lock


def test_who_waits_for_a_lock_is_told_once_for_whom(tmp_path: Path) -> None:
    lock, told, heard = tmp_path / "run.lock", [], threading.Event()

    def tell(text: str) -> None:
        told.append(text)
        heard.set()

    def wait() -> None:
        with hold_lock(lock, 60, tell):
            pass

    waiting = threading.Thread(target=wait)
    with hold_lock(lock, 0):
        waiting.start()
        assert heard.wait(60)
        with pytest.raises(LockedError, match=rf"run\.lock is held by process {os.getpid()}"), hold_lock(lock, 0.5):
            pytest.fail("two hold it")
    waiting.join(60)
    assert told == [f"waiting: run.lock is held by process {os.getpid()}"]


def test_nobody_is_told_of_a_lock_that_is_free(tmp_path: Path) -> None:
    told: list[str] = []
    with hold_lock(tmp_path / "run.lock", 0, told.append):
        assert told == []
