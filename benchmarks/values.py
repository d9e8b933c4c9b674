"""Measure distinct target texts a second through the batch path, and the time of very long texts.

    python benchmarks/values.py

The peer reads floats with one regular expression (`re.findall`) and nothing else: no comparator, unit, multiplier or
date. The ratio is the cost of parsing over finding digits, and does not depend on the machine.
"""

from __future__ import annotations

import itertools
import random
import re
import sys
import time
from collections.abc import Callable, Iterator

from extract.values import parse_target, parse_targets

TEXTS = 20_000
REPEATS = 5
LONG = 10_000
FLOAT = re.compile(r"\d+(?:\.\d+)?")

SIGNS = ("", "", "", "≥", "≥", "≤", "=", "＞＝", "不低于", "不超过", "约", "达到", "每年", "每期")
UNITS = ("", *"% % 次 人 人次 万元 万平方米 个 家 元/人 次/年 个工作日内 个百分点 %以上".split())
WORDS = "有所提升 显著提高 效果良好 持续改善 按时完成 应保尽保 不发生安全事故 符合相关规定 群众反映良好".split()
SHAPES = {
    "digits": "9", "numerals": "二十五人", "quantities": "≥5次、", "dates": "2025年12月-", "multipliers": "1万",
    "brackets": "(", "masks": "1×", "prose": "全区域内所有", "words": "不低于",
}  # fmt: skip


def make_texts(count: int) -> list[str]:
    """Make distinct texts in about the proportions of public documents: three quarters numbers, words, dates."""
    return list(itertools.islice(dict.fromkeys(_endless_texts(random.Random(1))), count))  # noqa: S311 - no secret


def _endless_texts(choice: random.Random) -> Iterator[str]:
    seen: set[str] = set()
    while len(seen) < 10 * TEXTS:
        number = f"{choice.randint(1, 99_999) / choice.choice((1, 1, 1, 10, 100)):g}"
        kind = choice.random()
        if kind < 0.75:
            text = choice.choice(SIGNS) + number + choice.choice(UNITS)
        elif kind < 0.85:
            day = f"{choice.randint(1, 12)}月{choice.randint(1, 28)}日"
            text = f"{choice.randint(1990, 2060)}年{day}" + choice.choice(("", "前", "前完成"))
        else:
            text = f"第{choice.randint(1, 99_999)}批" + choice.choice(WORDS)
        seen.add(text)
        yield text


def best_of(work: Callable[[], object]) -> float:
    """Return the shortest of several runs, in seconds of processor time."""
    times = []
    for _ in range(REPEATS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return max(min(times), 1e-9)


def main() -> int:
    """Print the figures; exit 1 if one misses what the project promises."""
    texts = make_texts(TEXTS)
    ours = len(texts) / best_of(lambda: parse_targets(texts))
    peer = len(texts) / best_of(lambda: [[float(found) for found in FLOAT.findall(text)] for text in texts])
    print(f"batch path        {ours:10,.0f} distinct texts/s")
    print(f"re.findall floats {peer:10,.0f} distinct texts/s; ratio {ours / peer:.3f}")
    slowest = 0.0
    for name, shape in SHAPES.items():
        text = (shape * LONG)[:LONG]
        taken = 1000 * best_of(lambda text=text: parse_target(text))  # type: ignore[misc]
        slowest = max(slowest, taken)
        print(f"{LONG:,} characters of {name:12} {taken:8.2f} ms")
    return 0 if ours >= 20_000 and slowest < 50 else 1


if __name__ == "__main__":
    sys.exit(main())
