"""Match the measure word (度量单位) at a position of a folded text.

The words are those of the dbt seed `measure_units` without a multiplier; a test keeps the two lists equal. The
longest word wins: 个工作日 before 个, 人次 before 人. An alternative measure word in brackets is kept: 件（册）.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = """
% ‰ ‱ 成 个百分点 百分点 個百分點 个点 个千分点 千分点 BP 个基点 基点 倍 元 角 美元 港元 港币 欧元 人 名 位
生 学员 人次 人（次） 户 户次 家庭 家 家次 机构 企业 单位 部门 校 学校 医院 所 处 口 对 岗位 岗 工位 次 回 遍 趟
频次 场 场次 期 期次 届 届次 轮 轮次 批 批次 班 班次 车次 台次 架次 航次 列次 艘次 件次 例次 头次 只次 点次 组次
批件 册次 篇次 条次 项次 站次 亩次 剂次 针次 餐次 个 项 个（项） 项（个） 件 件（项） 件（册） 宗 起 起（件） 例
案 案件 桩 笔 单 条 项目 课题 标段 指标 份 份（套） 本 册 本（册） 部 篇 篇（条） 卷 张 页 幅 版 版面 字 稿
套 件套 台套 台（套） 套（台） 台件 台（件） 副 帧 则 集 季集 首 枚 面 块 片 盒 包 袋 箱 桶 瓶 罐 盘 支 只 双 顶
床 床位 把 根 票 桌 餐 顿 剂 针 人份 头份 羽份 台 辆 台（辆） 辆（台） 艘 架 列 座 栋 幢 间 眼 孔 口井 井 扇 樘
盏 杆 道 路 段 组 队 团队 团 站 站点 点 点位 网点 车 车位 泊位 机位 座位 席位 节点 端口 机组 品种 学科 专业 村
行政村 自然村 村（社区） 村（居） 社区 小区 乡镇 镇 乡 乡（镇） 镇（街道） 街道 县 县区 区 县（区） 县（市、区）
市 省 园区 基地 株 棵 丛 苗 粒 尾 头 头（只） 只（头） 匹 羽 盆 枝 穴 吨 公吨 t 千克 公斤 kg KG 斤 克 g 毫克 mg
微克 担 吨标准煤 吨标煤 千克标准煤 kgce 米 m M 延米 延长米 公里 千米 km KM 里 厘米 cm 毫米 mm 海里 车公里 人公里
吨公里 亩 平方米 ㎡ m² m2 平米 平方 平 公顷 hm² hm2 平方公里 平方千米 ㎢ km² km2 平方厘米 立方米 立方 方 m³ m3
㎥ 升 公升 L 毫升 ml mL 标准立方米 标立方米 标方 Nm³ Nm3 秒 s 分钟 min 刻钟 小时 个小时 h 天 日 个自然日 自然日
日历天 个日历天 日历日 个日历日 周 个周 星期 个星期 个工作日 工作日 个工作天 工作天 旬 月 个月 季 季度 个季度
半年 年 年度 个年度 学期 个学期 学年 个学年 周岁 岁 学时 个学时 课时 个课时 节 节课 课 学分 工日 个工日 人天
人·天 人日 人·日 人月 人·月 人年 工时 人时 机时 台班 台时 航时 飞行小时 周期 个周期 分 级 级别 类 档 星 星级
位次 名次 分贝 dB ℃ °C 摄氏度 度 千瓦时 度电 kWh KWh kwh 兆瓦时 MWh 瓦 W 千瓦 kW KW kw 兆瓦 MW 伏 V 千伏
kV KV 伏安 千伏安 kVA KVA 帕 Pa 千帕 kPa 兆帕 MPa 焦 千焦 千卡 大卡 赫 赫兹 Hz 千赫 kHz 兆赫 MHz GHz 勒克斯 lx
KB MB GB G TB T PB Kbps Mbps 兆 Gbps 千兆 像素 层
"""

WORDS = frozenset(_WORDS.split())

# Behind a Chinese numeral these are no quantity: they count ordinals or stand in set phrases (一级标准, 三类地区,
# 一期工程, 十分满意, 一点). Behind a digit they are measure words like any other.
_ORDINAL = frozenset("级 类 档 星 星级 级别 度 点 面 段 路 道 方 把 位次 名次 平 里 块 层 角 省 市 区 县".split())

# Nouns that begin with a measure word: what is counted, not a unit (新增5生产线). A measure word of their length or
# longer is found first (团队, 点位).
_NOUNS = frozenset(
    """
    生产 生活 生态 生物 部分 部队 点评 站台 团员 团体 队伍 队员 市场 市民 市级 市政 省级 省内 区域 区级 县级
    乡村 乡级 镇村 镇级 村庄 村民 村级 村镇 校园 校区 校舍 校长 车辆 车间 案例 单元 面积 面向 方面 方案 方法
    方式 平台 平均 平安 里程 路线 路面 道路 课程 课件 成果 成员 成效 成功 类型 类别 级次 档案 星光 度假 层面
    层次 班级 班子 班组 块状 井盖 角度 角色 组织 组长 眼科 苗木 头部 针对 包括 包含 本级 本人 本年 口径 口岸
    条件 条例 场馆 期间 期限 台账 家属 人员 人才 人口 人均 人民 名录 位置 位于 户籍 处理 处置 分类 分析 分布
    分别 周边 日常 日均 月均 年均 年龄 年级 里面 站内 例外 起点 对象 对口 所有 所属 所在 元素 元件 份额 片区
    列入 列为 首先 首次 首批 集体 集中 集团 间接 间隔 面料 路灯 支出 支付 支持 支撑 把握 根据 顶层 床垫
    """.split()
)

_LETTERS = re.compile("[A-Za-zμΩ°℃]{1,6}[23²³]?")


def match_measure(text: str, at: int, before_nouns: bool = False) -> str:
    """Return the longest measure word at `at`, or ''. Letters match as a run (80M, mg, m2).

    `before_nouns` also takes 部 and the like where a noun may follow: behind 每 and a slash they are what is counted.
    """
    letters = _LETTERS.match(text, at)
    if letters:
        return letters.group()
    for size in _SIZES.get(text[at : at + 1], ()):
        word = text[at : at + size]
        if word in WORDS:
            if word == "项目" and text.startswith("标", at + size):
                continue  # 5项目标
            return word if before_nouns or size > 1 or text[at : at + 2] not in _NOUNS else ""
    return ""


def sizes_by_start(words: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return the lengths of the words by first character, longest first, for a longest match."""
    sizes: dict[str, set[int]] = {}
    for word in words:
        sizes.setdefault(word[0], set()).add(len(word))
    return {start: tuple(sorted(lengths, reverse=True)) for start, lengths in sizes.items()}


_SIZES = sizes_by_start(WORDS)


def counts(word: str, is_last: bool) -> bool:
    """Return True if a Chinese numeral before `word` makes a quantity; 九十分 and 三期 only at the end of the text."""
    return word not in _ORDINAL and (word not in ("分", "期") or is_last)
