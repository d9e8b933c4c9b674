"""One test per decision of the annotation guideline, in its order."""

from __future__ import annotations

from decimal import Decimal

import pytest

from extract.entities import TargetValue
from extract.values import parse_target


def numbers(text: str) -> tuple[str | None, str | None, str | None, str | None, str | None]:
    value = parse_target(text)
    low, high = (None if number is None else str(number) for number in (value.low, value.high))
    return value.comparator, low, high, value.unit, value.per


def dates(text: str) -> tuple[str | None, str | None, str | None]:
    value = parse_target(text)
    assert value.value_type == "date"
    assert (value.low, value.high) == (None, None)
    return value.comparator, value.date_low, value.date_high


@pytest.mark.parametrize("text", ["", " ", "\n", "无", "—", "-", "/", "——", "不适用", "N/A", "、", "无。"])
def test_nothing_there_is_empty(text: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.value_type) == (None, "empty")


def test_a_cell_that_is_not_printed_reads_like_an_empty_one() -> None:
    assert parse_target(None) == parse_target("")


@pytest.mark.parametrize(
    "text", ["≥**人次", "≤****000元", "》 亩", "≥XX%", "20××年12月", "≥____%", "≥（ ）个", "%", "≥"]
)
def test_an_unfilled_or_masked_number_is_a_placeholder_without_unit(text: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.value_type, value.unit) == (None, "placeholder", None)


@pytest.mark.parametrize(
    "text", ["优良中低差", "高中低", "是/否", "优/良/中/差", "定性优良中低差", "完成/未完成", "有或无"]
)
def test_an_unchosen_scale_is_a_qualitative_placeholder(text: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.value_type) == ("qualitative", "placeholder")


@pytest.mark.parametrize(("text", "value_type"), [("优", "text"), ("优良", "text"), ("高", "text"), ("是", "boolean")])
def test_one_chosen_grade_is_qualitative(text: str, value_type: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.value_type) == ("qualitative", value_type)


@pytest.mark.parametrize("text", ["1:3", "1：15", "≥1:1.5", "1比3", "三分之二以上", "2/3"])
def test_a_ratio_is_no_number(text: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.value_type, value.low) == (None, "ratio", None)


def test_a_time_of_day_is_no_ratio() -> None:
    assert parse_target("8:30-17:30").value_type == "text"


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2025年12月底前完成", "2025-12-31"),
        ("9月前", "--09-30"),
        ("2024年2月前", "2024-02-29"),
        ("6月30日前完成", "--06-30"),
        ("2025.12.31前", "2025-12-31"),
        ("年底前", "--12-31"),
        ("≤2025年12月31日", "2025-12-31"),
        ("截至2025年底", "2025-12-31"),
        ("第二季度末前", "--06-30"),
        ("2025年12月31日24时前", "2025-12-31"),
    ],
)
def test_a_deadline_is_inclusive_and_open_to_the_past(text: str, last: str) -> None:
    assert dates(text) == ("le", None, last)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2021年1月-12月", "2021-01-01", "2021-12-31"),
        ("2021年全年", "2021-01-01", "2021-12-31"),
        ("2020年", "2020-01-01", "2020-12-31"),
        ("2025年6月", "2025-06-01", "2025-06-30"),
        ("第四季度", "--10-01", "--12-31"),
        ("2025年1-6月", "2025-01-01", "2025-06-30"),
        ("2023-2025年", "2023-01-01", "2025-12-31"),
        ("2024年9月至2025年6月", "2024-09-01", "2025-06-30"),
        ("2025年上半年", "2025-01-01", "2025-06-30"),
    ],
)
def test_a_period_is_a_range_of_days(text: str, first: str, last: str) -> None:
    assert dates(text) == ("range", first, last)


@pytest.mark.parametrize(
    ("text", "day"), [("2021年12月31日", "2021-12-31"), ("2023年底", "2023-12-31"), ("12月底到位", "--12-31")]
)
def test_a_point_has_equal_ends_and_no_printed_comparator(text: str, day: str) -> None:
    assert dates(text) == ("eq", day, day)
    assert parse_target(text).implicit


@pytest.mark.parametrize(
    "text", ["长期", "全年", "按月安排", "在项目计划完成时间内完成", "较2020年提升", "不低于2023年水平"]
)
def test_what_names_no_date_of_its_own_is_qualitative(text: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.value_type, value.date_high) == ("qualitative", "text", None)


@pytest.mark.parametrize("text", ["2025.12", "≥2025.12", "20251231元", "≥20251231", "2025", "202512", "2031.05万元"])
def test_digits_that_only_look_like_a_date_are_a_number(text: str) -> None:
    value = parse_target(text)
    assert value.value_type in ("number", "money")
    assert value.low is not None


@pytest.mark.parametrize(
    "text", ["20251231", "2025.12前", "202512前", "2025.1-2025.12", "202501-202512", "2025/12", "2025-12"]
)
def test_digits_with_the_marks_of_a_date_are_a_date(text: str) -> None:
    assert parse_target(text).value_type == "date"


def test_a_quantity_wins_over_the_date_beside_it() -> None:
    value = parse_target("12月底前100%到位")
    assert (value.comparator, value.low, value.date_high) == ("eq", Decimal(100), "--12-31")


def test_with_a_sign_in_front_months_are_counted() -> None:
    assert numbers("≤12月") == ("le", None, "12", "月", None)


def test_a_recurring_deadline_keeps_its_period() -> None:
    value = parse_target("每年12月底前")
    assert (value.comparator, value.per, value.date_high) == ("le", "年", "--12-31")


@pytest.mark.parametrize(
    "text",
    [
        "扶持对象2个以上，对象自付金额3.69万元以上",
        "不低于80%或比2023年提升不少于5个百分点",
        "7×24小时",
        "1.发放率100%；2.合格率95%",
    ],
)
def test_several_quantities_are_composite_and_none_is_picked(text: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.low, value.value_type) == (None, None, "composite")


@pytest.mark.parametrize("text", ["≤2%且≥1%", "≥1%，≤2%", "1%≤增长率≤2%", "1%以上2%以下"])
def test_two_bounds_of_one_quantity_are_a_range(text: str) -> None:
    assert numbers(text) == ("range", "1", "2", "%", None)


def test_one_quantity_in_a_short_phrase_is_taken_and_the_remark_dropped() -> None:
    assert numbers("至少全年完成2次宣传") == ("ge", "2", None, "次", None)
    assert numbers("30分钟内响应") == ("le", None, "30", "分钟", None)
    assert numbers("2个（其中市级1个）") == ("eq", "2", "2", "个", None)


def test_one_quantity_in_prose_is_not_the_target() -> None:
    assert parse_target("进一步提升服务水平，" * 5 + "举办活动3场").comparator == "qualitative"


@pytest.mark.parametrize(
    "text", ["有所提升", "应保尽保", "不超预算", "≤辖区平均标准", "覆盖全区所有人员", "达到国家一级标准", "一次性通过"]
)
def test_no_numeral_no_number(text: str) -> None:
    value = parse_target(text)
    assert (value.comparator, value.value_type, value.low, value.high) == ("qualitative", "text", None, None)


@pytest.mark.parametrize(
    ("text", "comparator"),
    [
        *(
            (sign + "5次", "ge")
            for sign in ("≥", "≧", "≮", ">=", "＞＝", "⩾", "》", "不低于", "不少于", "至少", "大于等于")
        ),
        *(
            (sign + "5次", "le")
            for sign in ("≤", "≦", "≯", "<=", "＜＝", "不超过", "不高于", "不突破", "小于或等于", "最多")
        ),
        *((sign + "5次", "gt") for sign in (">", "＞", "超过", "超", "大于", "高于")),
        *((sign + "5次", "lt") for sign in ("<", "＜", "不满", "低于", "小于", "不足")),
        *((sign + "5次", "approx") for sign in ("约", "近", "大约", "≈")),
        *((sign + "5次", "eq") for sign in ("=", "＝", "═", "", "达到", "完成", "实现")),
        *(("5次" + tail, "ge") for tail in ("以上", "及以上", "（含）以上")),
        *(("5次" + tail, "le") for tail in ("以内", "以下", "内", "之内")),
        ("5余次", "gt"),
        ("5次左右", "approx"),
        ("5次以上（不含5次）", "gt"),
        ("控制在5次以内", "le"),
        ("≥5次以内", "ge"),
    ],
)
def test_comparators_in_front_and_behind(text: str, comparator: str) -> None:
    assert parse_target(text).comparator == comparator


def test_only_a_number_without_any_printed_comparator_is_implicit() -> None:
    assert parse_target("100%").implicit
    assert parse_target("达到100%").implicit
    assert not parse_target("=100%").implicit
    assert not parse_target("每期2-3天").implicit
    assert not parse_target("≥100%").implicit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("6万立方米", ("eq", "60000", "60000", "立方米", None)),
        ("≤202.6万元", ("le", None, "2026000", "元", None)),
        ("≥200万", ("ge", "2000000", None, None, None)),
        ("5-10万元", ("range", "50000", "100000", "元", None)),
        ("1万2千人", ("eq", "12000", "12000", "人", None)),
        ("20余万元", ("gt", "200000", None, "元", None)),
        ("10千米", ("eq", "10", "10", "千米", None)),
        ("2百分点", ("eq", "2", "2", "百分点", None)),
        ("2批次/千人", ("eq", "2", "2", "批次", "千人")),
        ("6.5次/10万公顷", ("eq", "6.5", "6.5", "次", "10万公顷")),
    ],
)
def test_multipliers_leave_the_unit_but_never_the_denominator(text: str, expected: tuple[str | None, ...]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("两次", ("eq", "2", "2", "次", None)),
        ("二十五人", ("eq", "25", "25", "人", None)),
        ("百分之九十", ("eq", "90", "90", "%", None)),
        ("百分之九十五点五", ("eq", "95.5", "95.5", "%", None)),
        ("两三次", ("range", "2", "3", "次", None)),
        ("二至三次", ("range", "2", "3", "次", None)),
        ("零投诉", ("eq", "0", "0", None, None)),
        ("半小时内", ("le", None, "0.5", "小时", None)),
    ],
)
def test_chinese_numerals_count_before_a_measure_word(text: str, expected: tuple[str | None, ...]) -> None:
    assert numbers(text) == expected


@pytest.mark.parametrize(
    ("text", "unit", "per"),
    [
        ("每期2-3天", "天", "期"),
        ("12次/年", "次", "年"),
        ("每生1500元/学期", "元", "生·学期"),
        ("300元/人、天", "元", "人·天"),
        ("每半年1次", "次", "半年"),
        ("每个村1名", "名", "村"),
        ("5元每人", "元", "人"),
        ("一年两次", "次", "年"),
        ("全年12次", "次", None),
        ("24人/ 次", "人次", None),
        ("470人/天", "人", "天"),
        ("件（册）", None, None),
        ("5件(册)", "件（册）", None),
        ("≥98%(百分比)", "%", None),
        ("=100.00(%)", "%", None),
        ("0投诉", None, None),
        ("5部手机", "部", None),
        ("新增5生产线", None, None),
        ("5项目标", "项", None),
        ("≥5次以上/年", "次", "年"),
        ("80M", "M", None),
        ("300㎡", "㎡", None),
    ],
)
def test_units_and_denominators(text: str, unit: str | None, per: str | None) -> None:
    value = parse_target(text)
    assert (value.unit, value.per, value.is_percent) == (unit, per, unit == "%")


@pytest.mark.parametrize(
    "text", ["290%", "292%", "44,561", "20246-202516", "工5%", "≥5%以下", "2025年2月30日", "5-3个"]
)
def test_damaged_text_is_suspect(text: str) -> None:
    assert parse_target(text).suspect


@pytest.mark.parametrize("text", ["同比增长150%", "≥290%", "100%", "80000", "12,000", "200次"])
def test_what_only_looks_unusual_is_not_suspect(text: str) -> None:
    assert not parse_target(text).suspect


def test_more_digits_than_any_number_has_are_damage_and_not_rounded() -> None:
    value = parse_target("≥" + "9" * 39 + "个")
    assert (value.comparator, value.low, value.value_type, value.suspect) == (None, None, "number", True)
    assert parse_target("9" * 38).low == Decimal("9" * 38)


@pytest.mark.parametrize("text", ["10²", "5½", "٣5个", "5٣"])
def test_half_of_a_number_never_passes_for_the_whole(text: str) -> None:
    assert parse_target(text).low is None


def test_text_is_kept_as_printed() -> None:
    text = " ≥９５％\u3000"
    value = parse_target(text)
    assert value == TargetValue(text, "ge", Decimal(95), None, "%", None, True, "percent", False, False)
