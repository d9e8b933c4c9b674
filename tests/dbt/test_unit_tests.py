"""dbt's unit tests: they cost a third of a second each, so they run here and not in the nightly build."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow


def test_every_dbt_unit_test_passes(unit_tests: dict[str, int]) -> None:
    assert set(unit_tests) == {"pass"}
    assert unit_tests["pass"] >= 8
