"""Amounts are read exactly or refused."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.errors import Reason, Refused
from extract.values import parse_amount, parse_amount_unit

YUAN, WAN = Decimal(1), Decimal(10_000)


@pytest.mark.parametrize(
    ("text", "factor", "amount"),
    [
        ("2,200,000.00", YUAN, "2200000.00"),
        ("449.8万", WAN, "4498000.00"),
        ("449.8万", YUAN, "4498000.00"),
        ("16万元", YUAN, "160000.00"),
        ("120", WAN, "1200000.00"),
        ("120元", WAN, "120.00"),
        ("1.2亿元", YUAN, "120000000.00"),
        ("５，０００．５０", YUAN, "5000.50"),
        ("¥ 1,234.5", YUAN, "1234.50"),
        ("￥1,234.5", YUAN, "1234.50"),
        ("人民币300元整", YUAN, "300.00"),
        ("  82,530,000.00 ", YUAN, "82530000.00"),
        ("(1,234.50)", YUAN, "-1234.50"),
        ("（1,234.50）", YUAN, "-1234.50"),
        ("-5", WAN, "-50000.00"),
        ("-¥5", YUAN, "-5.00"),
        ("0", YUAN, "0.00"),
        ("0.0001", WAN, "1.00"),
        ("1.100", YUAN, "1.10"),
    ],
)
def test_an_amount_is_read_exactly_in_yuan(text: str, factor: Decimal, amount: str) -> None:
    assert str(parse_amount(text, factor)) == amount


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "###", "#####", "-", "—", "无", "/", "1,23", "1,2345", "1.2.3", "100 元 200 元", "1-2",
        "约5万", "5万左右",
        "0.001", "$5", "(-5)", "--5", "5万万元x", "一百万", "5%", "5.", "٣", "10²", "5½", "NaN", "1e5",
        "Infinity", "\ud800",
        "9" * 60, "1" * 100_000, "单位：万元", "100/200", "=5", "\x00",
    ],
)  # fmt: skip
def test_what_is_not_certainly_one_amount_is_refused_with_what_was_found(text: str) -> None:
    with pytest.raises(Refused) as refusal:
        parse_amount(text, YUAN)
    assert refusal.value.reason is Reason.UNREADABLE_AMOUNT
    assert repr(text[:40])[1:-1] in refusal.value.detail
    assert len(refusal.value.detail) < 600


def test_more_precise_than_one_fen_is_refused_after_the_factor() -> None:
    assert parse_amount("0.000001", WAN) == Decimal("0.01")
    with pytest.raises(Refused, match="fen"):
        parse_amount("0.0000001", WAN)


@given(st.decimals(min_value=-(10**13), max_value=10**13, places=2))
def test_every_printed_amount_reads_back(amount: Decimal) -> None:
    assert parse_amount(f"{amount:,}", YUAN) == amount
    assert parse_amount(f"{amount}元", WAN) == amount


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_an_amount_of_fen_or_refused(text: str) -> None:
    try:
        amount = parse_amount(text, WAN)
    except Refused:
        return
    assert amount.as_tuple().exponent == -2


@pytest.mark.parametrize(
    ("text", "factor"),
    [
        ("金额（万元）", "10000"),
        ("金额（元）", "1"),
        ("单位：万元", "10000"),
        ("金额单位：元", "1"),
        ("单位:亿元", "100000000"),
        ("项目资金(千元)", "1000"),
        ("年度资金申请总额（元）", "1"),
        ("金额（百元）", "100"),
        ("单位：人民币万元", "10000"),
        ("（金额单位：万元）", "10000"),
        ("万元", "10000"),
        ("附表2 项目支出绩效目标表 单位：万元 2025年", "10000"),
        ("金额", None),
        ("单位", None),
        ("单位：人", None),
        ("用款单位", None),
        ("", None),
        ("指标值（元/人）", None),
    ],
)
def test_the_unit_of_a_column_is_read_from_header_or_caption(text: str, factor: str | None) -> None:
    assert parse_amount_unit(text) == (None if factor is None else Decimal(factor))
