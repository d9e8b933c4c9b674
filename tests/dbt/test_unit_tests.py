"""dbt's unit tests: they cost a third of a second each, so they run here and not in the nightly build."""

from __future__ import annotations

import re
from subprocess import CompletedProcess


def test_every_dbt_unit_test_passes(unit_tests: CompletedProcess[str]) -> None:
    assert unit_tests.returncode == 0, unit_tests.stdout[-6000:]
    (passed,) = re.findall(r"Done\. PASS=(\d+)", unit_tests.stdout)
    assert int(passed) >= 8
