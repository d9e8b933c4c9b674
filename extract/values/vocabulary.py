"""List the words of the target grammar: comparators before and behind a number, fillers, scales of grades.

Chapter 3 of the annotation guideline names the classes; the lists are those that public documents print. 以上, 以下
and 以内 include the number; 不满, 超过 and 以外 do not (民法典 art. 1259).
"""

from __future__ import annotations

from itertools import product

_GREATER = ("超过", "超出", "大于", "高于", "多于", "长于", "优于", "突破", "超", "迟于", "晚于")
_LESS = ("低于", "小于", "少于", "短于", "弱于", "差于", "早于")
_NEGATIONS = ("不", "不得", "不能", "不可", "不应", "不要", "不会", "未", "没有", "不允许")
_OR = ("", "或", "或者", "及")


def _front_words() -> dict[str, str]:
    words = dict.fromkeys((*_GREATER, "逾"), "gt") | dict.fromkeys(
        (*_LESS, "不满", "未满", "不足", "不到", "未达到"), "lt"
    )
    words |= {negation + word: "le" for negation, word in product(_NEGATIONS, _GREATER)}
    words |= {negation + word: "ge" for negation, word in product(_NEGATIONS, (*_LESS, "下于"))}
    for side, comparator in ((_GREATER, "ge"), (_LESS, "le")):
        for word, either in product(side, _OR):
            words[f"{word}{either}等于"] = comparator
            words[f"等于{either}{word}"] = comparator
    words |= dict.fromkeys(("至少", "最少", "最低", "起码", "不下", "保底", "下限"), "ge")
    words |= dict.fromkeys(
        ("至多", "最多", "最高", "最大", "最长", "最迟", "最晚", "不逾", "上限", "截至", "截止", "截止到"), "le"
    )
    words |= dict.fromkeys(("约", "大约", "约为", "约计", "大概", "近", "将近", "接近"), "approx")
    return words | dict.fromkeys(("等于", "恒等于"), "eq")


# Printed in front of a number.
FRONT = _front_words()

# Short words that are often part of another (节约, 附近, 最高法院, 最低生活保障, 突破): only directly before a number.
ADJACENT = frozenset(
    "约 近 超 逾 最低 最少 最高 最大 最多 最长 最迟 最晚 突破 接近 将近 不足 不到 上限 下限 保底 不下 优于".split()
)

# Printed behind a number and its unit.
TAILS = (
    dict.fromkeys(("以上", "及以上", "或以上", "含以上", "之上", "或更多", "及更多"), "ge")
    | dict.fromkeys(
        ("以下", "以内", "之内", "之下", "及以下", "或以下", "及以内", "内", "范围内", "封顶", "为限"), "le"
    )
    | dict.fromkeys(("以外", "开外", "之外", "余", "多", "有余", "多个", "以上不含"), "gt")
    | dict.fromkeys(("左右", "上下", "前后", "许"), "approx")
)

# 内, 余 and 多 behind a number count only where they follow it directly.
CLOSE_TAILS = frozenset("内 余 多 许 上下 前后 有余 多个".split())

# Verbs and fillers that mean nothing by themselves: 达到100% is eq, without a printed comparator.
FILLERS = frozenset(
    "达到 达 实现 完成 为 到 至 是 有 可 控制在 控制 保持在 保持 维持在 稳定在 提高到 提升到 提升至 提高至 人民币 ¥ "
    "共 共计 合计 总计 全年 年度".split()
)

SIGNS = {
    "≥": "ge", ">=": "ge", "=>": "ge", "≥=": "ge", ">≥": "ge", "》": "ge", "》=": "ge", "»": "ge",
    "≤": "le", "<=": "le", "=<": "le", "≤=": "le", "<≤": "le", "《": "le", "《=": "le", "«": "le",
    ">": "gt", "〉": "gt", "<": "lt", "〈": "lt", ">>": "gt", "<<": "lt",
    "≮": "ge", "≯": "le", "=": "eq", "==": "eq", "≈": "approx", "~": "approx",
}  # fmt: skip

# Growth may pass 100 %: no alarm then.
GROWTH = ("增", "提高", "提升", "上升", "涨", "翻", "同比", "环比", "倍")

NOTHING = frozenset(
    "无 暂无 没有 无此项 无要求 不适用 不涉及 未涉及 不考核 未设置 未设定 未填 未填报 空 空白 略 无指标 无指标值 "
    "无目标 无目标值 无内容 na NA N/A n/a n.a. null NULL None none nan NaN 本项目不适用 本项目不适用此指标 "
    "本项目不适用此指标|无 该项目不适用 该指标不适用 本年度不适用 本年不适用 不适用本项目 不适用该项目".split()
)

# Grades by scale; two or more of one scale with separators, or the whole scale without, is an unchosen scale.
SCALES_OF_GRADES = (
    (
        "优",
        "优秀",
        "良",
        "良好",
        "中",
        "中等",
        "一般",
        "低",
        "差",
        "较差",
        "合格",
        "不合格",
        "及格",
        "不及格",
        "好",
        "较好",
        "很好",
        "较低",
        "可",
    ),
    ("高", "较高", "中", "中等", "较低", "低", "很高", "一般"),
    ("大", "较大", "中", "小", "较小", "一般"),
    ("强", "较强", "中", "弱", "较弱", "一般"),
    ("是", "否", "不是"),
    ("有", "无", "没有"),
    ("对", "错"),
    ("好", "坏"),
    ("达标", "不达标", "未达标", "基本达标", "部分达标", "达成", "未达成", "全部达标"),
    ("完成", "未完成", "基本完成", "部分完成", "不完成", "全部完成"),
    ("满意", "不满意", "非常满意", "很满意", "基本满意", "较满意", "比较满意", "一般"),
    ("通过", "不通过", "未通过"),
    ("及时", "不及时", "较及时", "基本及时"),
    ("有效", "无效", "较有效", "基本有效"),
    ("显著", "较显著", "明显", "较明显", "不明显", "一般", "不显著", "有所", "未提升"),
    ("规范", "不规范", "基本规范", "较规范"),
    ("健全", "不健全", "较健全", "基本健全"),
    ("合规", "不合规", "基本合规"),
    ("一级", "二级", "三级", "四级"),
    ("A", "B", "C", "D", "E"),
)

# Whole cells of single characters without separators that print a scale.
UNCHOSEN = frozenset(
    "优良中低差 优良中差 优良差 优良中 优中差 优良中低 优良可差 优良一般差 好中差 好一般差 高中低 高一般低 大中小 "
    "强中弱 是否 有无 甲乙丙丁 ABCD".split()
)

YES_NO = frozenset("是 否 √ 对 错 Y N y n yes no Yes No YES NO".split())
MONEY_FACTORS = {
    "元": 1,
    "千元": 1_000,
    "万元": 10_000,
    "百万元": 1_000_000,
    "亿元": 100_000_000,
}  # in 元
