"""One publisher for each thing that the marts must get right, so that one dbt build answers all of them."""

from __future__ import annotations

from datetime import date

from raw_rows import RawSchema, project

UNIT = "102001-区办公室"
ONE = [("111000001-开展次数", "≥2次")]
CHANGES: tuple[tuple[str, str, str, str], ...] = (
    # indicator, target of 2024, target of 2025, what became of it
    ("111000001-相同", "≥5家", "≥5家", "unchanged - same"),
    ("111000002-字形", "≥50人次", "≧５０人次", "unchanged - same"),
    ("111000003-提高下限", "≥5家", "≥7家", "raised - tighter"),
    ("111000004-降低下限", "≥85%", "＞80%", "lowered - looser"),
    ("111000005-提高上限", "≤10天", "≤12天", "raised - looser"),
    ("111000006-降低上限", "≤10%", "≤5%", "lowered - tighter"),
    ("111000007-点值", "20人", "25人", "raised - unknown"),
    ("111000008-约数", "约5000人", "约5500人", "raised - unknown"),
    ("111000009-换量词", "≥45次", "≥45篇", "not_comparable measure_unit unknown"),
    ("111000010-少量词", "1500件", "1750", "not_comparable measure_unit unknown"),
    ("111000011-万", "≥1500000", "≥200万", "raised - tighter"),
    ("111000012-同值异写", "≥1500000", "≥150万", "unchanged - same"),
    ("111000013-换单位", "≥1500米", "≥2公里", "raised - tighter"),
    ("111000014-换分母", "2次/年", "2次/月", "not_comparable per unknown"),
    ("111000015-换比较", "≥90%", "90%", "not_comparable comparator unknown"),
    ("111000016-严一点", "≥200人", "＞200人", "unchanged - tighter"),
    ("111000017-定性", "有所提升", "显著提升", "not_comparable wording unknown"),
    ("111000018-变定性", "≥5次", "有所提升", "not_comparable value_type unknown"),
    ("111000019-区间", "5-10天", "6-9天", "not_comparable range tighter"),
    ("111000020-未填", "≥**人次", "≥5人次", "not_comparable no_target unknown"),
    ("111000021-期限", "2024年12月底前", "2025年12月底前", "unchanged - same"),
    ("111000022-延期", "2024年6月底前", "2025年9月底前", "raised - looser"),
    ("111000023-很大", "≥99999999999999999999家", "≥5家", "not_comparable magnitude unknown"),
)
"""What the real grammar and the real models make of a pair of targets."""


ODD = tuple(
    enumerate(
        (
            "",
            "-5",
            "1:3",
            "优",
            "9‰",
            "0%",
            "5-999999999999999999999999亿元",
            "≥99999999999999999999999999公里",
            "≥0.0000000001毫米",
            "2025年2月30日",
            "=HYPERLINK(1)",
            "{{ x }}'; --",
        )
    )
)
"""Values that forms or attackers print; none of them may stop the build."""


def add_scenarios(schema: RawSchema) -> None:
    """Add all scenarios to a raw schema."""
    for add in (
        add_renamed,
        add_editions,
        add_years,
        add_targets,
        add_results,
        add_expected,
        add_held_back,
        add_odd,
        add_quality,
    ):
        add(schema)


def add_renamed(schema: RawSchema) -> None:
    """Names and codes that change between two years, and projects of which only some can be told apart."""
    # 改名: a unit, a project and indicators with new names, an indicator with a new code
    schema.add(
        "改名",
        2024,
        project(
            "102004-区关心下一代工委",
            "党校经费",
            "100.00",
            ("111001840-培训次数（场）", "≥2次"),
            ("112002536-出勤率", "90%"),
        ),
        project("102004-区关心下一代工委", "降尘抑尘费", "50.00", *ONE),
        project("102004-区关心下一代工委", "评估经费", "70.00", ("111000009-报告数", "1份")),
    )
    schema.add(
        "改名",
        2025,
        project(
            "102004-区关工委", "党校工作经费", "110.00", ("111001840-培训次数", "≥3次"), ("112002535-出勤率", "90%")
        ),
        project("102004-区关工委", "抑尘降尘费", "50.00", *ONE),
        project("102004-区关工委", "海归小镇经费", "20.00", ("111000008-小镇数", "1个")),
    )


def add_editions(schema: RawSchema) -> None:
    """Corrections, parts and supplements of one publication."""
    # 更正: the correction was seen first, but published later
    schema.add(
        "更正", 2025, project(UNIT, "宣传经费", "90.00", *ONE), name="原件", published_on=date(2025, 3, 1), seen=9
    )
    schema.add(
        "更正",
        2025,
        project(UNIT, "宣传经费", "95.00", ("111000001-开展次数", "≥3次")),
        name="更正",
        published_on=date(2025, 5, 1),
        seen=1,
    )
    # 分部: two documents of two units are parts of one publication
    schema.add("分部", 2025, project("102001-甲", "甲经费", "10.00", *ONE), name="甲")
    schema.add("分部", 2025, project("102002-乙", "乙经费", "20.00", *ONE), name="乙", seen=5)
    # 补正: a small later document replaces only the project that it repeats
    schema.add("补正", 2025, *[project(UNIT, f"第{n}项经费", "10.00", *ONE) for n in "一二三四五"], name="全")
    schema.add("补正", 2025, project(UNIT, "第三项经费", "33.00", *ONE), name="补", seen=5)


def add_years(schema: RawSchema) -> None:
    """Years without a prior year, a year left out, and projects that are paired by name or code."""
    # 首年, 间隔: no prior year, no year over year
    schema.add("首年", 2025, project(UNIT, "宣传经费", "90.00", *ONE))
    schema.add("间隔", 2022, project(UNIT, "宣传经费", "90.00", *ONE))
    schema.add("间隔", 2025, project(UNIT, "宣传经费", "90.00", *ONE))
    # 无码: nothing has a code, one year prints no unit, the widths differ
    bare = {"category": "常规项目", "levels": ("产出指标", "数量")}
    schema.add(
        "无码", 2024, project(None, "办公经费（一期）", None, ("开展次数", "2次"), annual_goal="完成任务。", **bare)
    )
    schema.add(
        "无码", 2025, project("", "办公经费(一期)", None, ("开展 次数", "2次"), annual_goal="完成任务。", **bare)
    )
    # 重名: two projects of one name in one unit stay two
    for year, amounts in ((2024, ("1.00", "2.00")), (2025, ("3.00", "4.00"))):
        schema.add("重名", year, *[project(UNIT, "同名经费", amount, *ONE) for amount in amounts])
    # 编码: the printed project code outlives a new name and a new unit
    code = "51000021R000000019951"
    schema.add("编码", 2024, project("102001-甲", "旧名经费", "10.00", *ONE, code=code))
    schema.add("编码", 2025, project("102002-乙", "全新名称补助", "10.00", *ONE, code=code))
    # 多种: a self-evaluation beside the targets does not count twice
    schema.add("多种", 2024, project(UNIT, "宣传经费", "10.00", *ONE))
    schema.add("多种", 2025, project(UNIT, "宣传经费", "12.00", *ONE))
    for year in (2024, 2025):
        schema.add("多种", year, project(UNIT, "宣传经费", "9.00", *ONE), kind="self_evaluation")


def add_targets(schema: RawSchema) -> None:
    """Every way in which targets, forms and links change from one year to the next."""
    # 指标: every way in which a target changes
    schema.add("指标", 2024, project(UNIT, "指标经费", "10.00", *[(name, before) for name, before, _, _ in CHANGES]))
    schema.add("指标", 2025, project(UNIT, "指标经费", "10.00", *[(name, after) for name, _, after, _ in CHANGES]))
    # 版式: a form without signs
    schema.add("版式", 2024, project(UNIT, "雾炮车经费", "10.00", ("111000001-合格率", "≥90%")), layout="a|b")
    schema.add("版式", 2025, project(UNIT, "雾炮车经费", "10.00", ("111000001-合格率", "90%")), layout="a|c")
    # 推荐: only the indicators tell that it is the project of last year
    many = [(f"11100000{n}-指标{n}", f"≥{n}次") for n in range(1, 7)]
    schema.add("推荐", 2024, project(UNIT, "人才奖励补贴工作经费", "10.00", *many, category="331-职能类"))
    schema.add("推荐", 2025, project(UNIT, "人才奖补工作经费", "9.00", *many, category="331-职能类"))
    # 三改: a correction changes three cells, adds a row and takes one away
    goal = {"overall_goal": "保确资金使用率。"}
    schema.add(
        "三改",
        2025,
        project(UNIT, "宣传经费", "10.00", ("111000001-阅读量", "≥200万", "≥200万"), ("111000002-次数", "2次"), **goal),
        project(UNIT, "其他经费", "5.00", ("111000003-件数", "1750", "1750")),
        name="原件",
    )
    goal = {"overall_goal": "确保资金使用率。"}
    schema.add(
        "三改",
        2025,
        project(
            UNIT, "宣传经费", "10.00", ("111000001-阅读量", "≥220万", "≥200万"), ("111000009-场次", "２场"), **goal
        ),
        project(UNIT, "其他经费", "5.00", ("111000003-件数", "1750", "1750件")),
        name="更正",
        seen=5,
    )
    # 候选: alike, but not enough to link them without a person
    few = [("111000001-次数", "≥2次"), ("111000002-人数", "≥9人"), ("111000003-场次", "≥3场")]
    schema.add("候选", 2024, project(UNIT, "人才引进奖励", "10.00", *few, category="331-职能类"))
    schema.add(
        "候选", 2025, project(UNIT, "人才培养奖励", "90.00", *few[:2], ("111000007-天数", "1天"), category="331-职能类")
    )


def add_results(schema: RawSchema) -> None:
    """Targets revised during the year, numbers promised in a goal, and what was spent and reached."""
    # 调整: a target revised during the year, printed beside the first one and in a document of its own
    schema.add("调整", 2025, project(UNIT, "巡查经费", "10.00", ("111000001-巡查次数", "≥8次"), adjusted="≥6次"))
    schema.add("调整", 2025, project(UNIT, "培训经费", "10.00", ("111000002-人数", "≥50人")), name="二")
    schema.add("调整", 2025, project(UNIT, "培训经费", "10.00", ("111000002-人数", "≥60人")), kind="adjusted")
    # 承诺: numbers in the goal that the table has, has in another word or without one, and lacks
    goal = "惠及企业700家，走访1.5公里，培训3场，满意度达90%以上，知晓率达90%以上，发放手册2份。"
    promised = [("惠及企业数", "＞700"), ("走访里程", "1500米"), ("培训场次", "3场"), ("群众满意度（%）", "≥90%")]
    schema.add("承诺", 2025, project(UNIT, "惠企经费", "10.00", *promised, annual_goal=goal, overall_goal="惠及企业。"))
    # 执行: half of the money spent and the target reached
    spent = {"adjusted": "80.00", "executed": "40.00"}
    row = ("111000001-巡查次数", "≥8次")
    schema.add("执行", 2025, project(UNIT, "巡查经费", None, row, actual="9次", amounts=spent), kind="self_evaluation")


def add_expected(schema: RawSchema) -> None:
    """What publisher files expect, what is loaded, and what was seen and not loaded."""
    # 齐全, 迟到, 拒收: what publisher files expect, what is loaded, and what was seen and not loaded
    schema.expect("齐全", 2025, 1, date(2025, 3, 31))
    schema.add("齐全", 2025, project(UNIT, "宣传经费", "10.00", *ONE))
    schema.expect("迟到", 2024, 1, date(2024, 3, 31))
    schema.expect("迟到", 2025, 2, date(2025, 3, 31))
    schema.expect("迟到", 2026, 1, date(2026, 3, 31))
    schema.add("迟到", 2025, project(UNIT, "宣传经费", "10.00", *ONE))
    schema.leave("https://example.org/迟到.pdf", "迟到", "refused", "甲经费", "乙经费")
    schema.leave("https://example.org/迟到2.pdf", "迟到", "waiting")
    schema.leave("var/inbox/error.pdf", None, "refused")


def add_held_back(schema: RawSchema) -> None:
    """Projects and forms that are held back, and what their absence must not look like."""
    # 暂缓: of 2025 the counterpart of a project is held back; 缺前: of 2024; 别部: of another part of the publication
    kept, gone, fresh = (project(UNIT, name, "10.00", *ONE) for name in ("甲经费", "乙经费", "丙经费"))
    schema.add("暂缓", 2024, kept, gone)
    later = schema.add("暂缓", 2025, kept, fresh)
    asked = {"question_key": "q1", "question_kind": "header_word", "question_text": "指标值"}
    schema.hold(later, "乙经费", UNIT, **asked)
    schema.check(later, "10.00", "10.00")
    schema.check(later, "10.00", "12.00")
    schema.hold(schema.add("缺前", 2024, kept), None, part_no=None)
    schema.add("缺前", 2025, kept, fresh)
    schema.add("别部", 2024, kept, gone)
    schema.add("别部", 2025, kept, name="全")
    schema.hold(schema.add("别部", 2025, fresh, name="缺"), "丁经费")
    schema.add("隔年缺", 2022, kept, gone)
    schema.hold(schema.add("隔年缺", 2025, kept, fresh), "乙经费", UNIT)
    # 暂缓版: a whole correction of which a project is held back takes nothing away
    schema.add("暂缓版", 2025, kept, gone, fresh, name="原件")
    schema.hold(schema.add("暂缓版", 2025, kept, gone, name="更正", seen=5), "丙经费")
    # 部门: targets of a whole department in two years, and of another kind of form held back
    for year, targets in ((2024, ("≥2栋", "≥90%")), (2025, ("≥3栋", "90%"))):
        sha256 = schema.add("部门", year, kept)
        schema.add_department(sha256, "市教育局", ("维修教学楼", targets[0]), ("满意度（%）", targets[1]))
    schema.hold(sha256, None, "市教育局二", scope="department")


def add_odd(schema: RawSchema) -> None:
    """Every odd value of one year beside every odd value of the next."""
    # 怪: every odd value of one year beside every odd value of the next
    for year in (2024, 2025):
        pairs = [(f"1110{i:02d}0{j:02d}-指标", was if year == 2024 else now) for i, was in ODD for j, now in ODD]
        schema.add("怪", year, project(UNIT, "怪经费", "99999999999999999.99" if year == 2024 else "-0.01", *pairs))


def add_quality(schema: RawSchema) -> None:
    """质量: a publisher whose targets have every fault that C01 to C22 look for."""
    satisfaction = {"levels": ("3-满意度指标", "31-服务对象满意度")}
    same = [
        ("111000101-检查次数", "≥5次", "≥5次"),
        ("111000102-巡查次数", "≥6次", "≥6次"),
        ("111000103-抽查次数", "≥7次", "≥7次"),
    ]
    hundred = [(f"11300020{n}-及时率{n}", "100%") for n in range(1, 4)]
    for year in (2024, 2025):
        last = year == 2024
        schema.add(
            "质量",
            year,
            project(UNIT, "照抄经费", "5000000.00" if last else "6000000.00", *same, overall_goal="完成各项任务。"),
            project(UNIT, "百分经费", "10.00", *hundred),
            project(UNIT, "雷同经费", "10.00", *hundred),
            project(UNIT, "单价经费", "100.00" if last else "200.00", ("111000301-套数", "10套", "10套")),
            project(UNIT, "口径经费", "1.00", ("111000101-检查场次", "2场", "2场"), ("111000999-检查次数", "≥5次")),
            project(
                UNIT,
                "逾期经费",
                "1.00",
                ("112000401-逾期率", "≥5%" if last else "＞5%"),
                ("112000402-次数", "2次" if last else "2场"),
            ),
            project(
                UNIT,
                "定性经费",
                "1.00",
                ("222000501-影响", "有所提升"),
                *([("222000502-人数", "≥3人")] if last else []),
            ),
            project(UNIT, "满意经费", "1.00", ("331000601-群众满意度", "≥95%" if last else "≥80%"), **satisfaction),
            project(UNIT, "易达经费", "1.00", ("111000701-户数", "≥5户")),
            project(UNIT, f"{year}年度专项" if last else "新增补助", "1.00", ("111000801-份数", "1份")),
            region="999999",
            layout="a|b" if last else "a|c",
        )
    reached = project(
        UNIT, "易达经费", "1.00", ("111000701-户数", "≥5户"), actual="10户", record={"score_text": "10分"}
    )
    schema.add("质量", 2024, reached, kind="self_evaluation", region="999999")
