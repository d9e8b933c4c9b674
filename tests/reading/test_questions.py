"""A place that can be read in several ways is asked about; what a person chooses is read, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest
from homes import FIXTURES
from made_flat import read as read_grids
from made_grid import make_grid, plain_rows
from printed_tables import print_table

from extract.entities import Answer, Column, Finding, Question, QuestionKind, Reading
from extract.errors import Reason, Refused
from extract.reading.document import read_document
from extract.reading.exchange import question_from_dict, question_to_dict, reading_from_json, reading_to_json

HEADERS = ("项目名称", "金额（元）", "二级指标", "三级指标", "考核刻度")
ROW = ("团工委工作经费", "1200", "数量指标", "购置数量", "≥3件")


def try_to_read(path: Path, *answers: Answer, reader: str = "auto") -> tuple[Reading | None, list[Question]]:
    """The reading, None where everything is held back; and what is asked."""
    try:
        reading = read_document(path, reader=reader, answers=answers)
    except Refused as refusal:
        held, reading = refusal.held, None
    else:
        held = reading.held
    return reading, list({q.key: q for one in held for q in one.questions}.values())


def ask(path: Path, *answers: Answer, reader: str = "auto") -> Question:
    (question,) = try_to_read(path, *answers, reader=reader)[1]
    return question


def answer(question: Question, choice: str) -> Answer:
    return Answer(choice, "张三", "as printed", key=question.key)


def read(path: Path, *answers: Answer) -> Reading:
    reading, asked = try_to_read(path, *answers)
    assert reading is not None
    assert asked == []
    return reading


def printed(tmp_path: Path, headers: tuple[str, ...], *rows: tuple[str, ...], title: str | None = None) -> Path:
    path = tmp_path / f"{abs(hash((headers, rows, title)))}.pdf"
    path.write_bytes(print_table(rows, headers=headers, **({"title": title} if title else {})))
    return path


def texts(reading: Reading, column: Column) -> list[str]:
    return [record.cells[column].text for record in reading.records if column in record.cells]


def answered(reading: Reading) -> list[Finding]:
    return [one for one in reading.findings if one.code == "answered"]


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("f07_year_conflict", QuestionKind.YEAR, ["2023", "2025"]),
        ("w12_header_conflict", QuestionKind.YEAR, ["2025", "2026"]),
        ("y13_head_two_amounts", QuestionKind.AMOUNT, ["年度资金总额(元)", "本年预算数(元)"]),
        ("y04_two_amounts", QuestionKind.AMOUNT, ["1,250,000.00", "1,520,000.00"]),
        ("q01_first_row", QuestionKind.FIRST_ROW, ["rest", "new"]),
    ],
)
def test_both_readers_ask_the_same_of_a_place_that_can_be_read_in_several_ways(
    name: str, kind: QuestionKind, values: list[str]
) -> None:
    path = FIXTURES / f"{name}.pdf"
    one, other = (ask(path, reader=reader) for reader in ("pdfium", "pdfplumber"))
    assert (one.key, one.kind, one.asked) == (other.key, other.kind, other.asked)
    assert (one.kind, [choice.value for choice in one.choices]) == (kind, values)
    assert one.box is not None
    assert one.reader_version
    for choice in one.choices:
        reading = read(path, answer(one, choice.value))
        assert len(reading.readers) == 2, "both readers follow the answer, and agree"
        assert answered(reading)
        assert [question.key for question in reading.settled] == [one.key]
        assert reading.settled[0].answer == choice.value


def test_a_word_heads_what_a_person_says_and_the_cells_are_loaded_as_printed() -> None:
    path = FIXTURES / "x06_unknown_value_header.pdf"
    question = ask(path)
    assert (question.asked, question.near) == ("考核刻度", "=1054公里 | ≥86% | =100%")
    assert question.publisher == "交通运输局"
    values = [choice.value for choice in question.choices]
    assert values[:2] == ["annual_value", "cycle_value"]
    assert values[-1] == "ignored"
    assert not {"amount", "weight", "unit", "indicator"} & set(values), "figures of another kind, and what is taken"
    reading = read(path, answer(question, "annual_value"))
    assert texts(reading, Column.ANNUAL_VALUE)[:2] == ["=1054公里", "≥86%"]
    (finding,) = answered(reading)
    assert finding.page == 1
    assert finding.detail == (
        "header_word of '考核刻度': annual_value (年度指标值); by 张三: as printed; "
        "14 rows: 农村公路日常养护, 城市公交运营亏损补贴"
    )


def test_only_what_the_cells_below_allow_is_offered_the_likely_columns_first() -> None:
    header = ("项目名称", "盘子（元）", "预算方向目标", "一级指标", "二级指标", "三级指标", "考核刻度")
    project = [(1, column, 2, 1, text) for column, text in enumerate(("道路保洁", "1200", "全年保洁。"))]
    rows = [("产出指标", "数量指标", "清扫里程", "≥8公里"), ("产出指标", "质量指标", "合格率", "≥95%")]
    levels = [(row, 3 + k, 1, 1, text) for row, texts in enumerate(rows, 1) for k, text in enumerate(texts)]
    _, projects, _ = read_grids(make_grid([*plain_rows(0, header), *project, *levels]))
    asked = {doubt.question.asked: doubt.question for doubt in projects[0].doubts if doubt.question is not None}
    offered = {word: [choice.value for choice in question.choices] for word, question in asked.items()}
    assert offered["盘子（元）"][:2] == ["amount", "amount_total"]
    assert not {"annual_value", "annual_goal", "unit"} & set(offered["盘子（元）"]), "one figure beside two rows"
    assert offered["考核刻度"][:2] == ["annual_value", "cycle_value"]
    assert not {"annual_goal", "unit", "category", "amount"} & set(offered["考核刻度"]), "two texts of one project"


def test_a_word_that_heads_nothing_is_not_loaded() -> None:
    path = FIXTURES / "x06_unknown_value_header.pdf"
    reading = read(path, answer(ask(path), "ignored"))
    assert texts(reading, Column.ANNUAL_VALUE) == []
    assert len(reading.records) == 14


def test_the_year_is_chosen_among_those_that_are_printed_with_their_places() -> None:
    path = FIXTURES / "f07_year_conflict.pdf"
    question = ask(path)
    assert [(one.value, one.text, one.page) for one in question.choices] == [
        ("2023", "（2023年度）", 1),
        ("2025", "2025", 1),
    ]
    assert [part.fiscal_year for part in read(path, answer(question, "2025")).parts] == [2025]
    assert try_to_read(path, answer(question, "2024"))[1] == [question], "no document prints 2024"


def test_a_document_that_prints_no_year_offers_those_around_the_days_that_file_and_link_name(tmp_path: Path) -> None:
    path = FIXTURES / "x07_no_year.pdf"
    question = ask(path)
    made = "CreationDate 2026-11-22"
    assert [(one.value, one.text) for one in question.choices] == [("2025", made), ("2026", made), ("2027", made)]
    reading = read(path, answer(question, "2026"))
    assert [part.fiscal_year for part in reading.parts] == [2026]
    assert {one.detail.partition(";")[0] for one in answered(reading)} == {
        f"year of '部门预算项目绩效目标表': 2026 ({made})"
    }
    with pytest.raises(Refused) as refused:
        read_document(path, names=["P0202502101234"])
    assert refused.value.reason is Reason.YEAR_UNKNOWN
    (named,) = {one.key: one for held in refused.value.held for one in held.questions}.values()
    assert named.key == question.key
    assert [(one.value, one.text) for one in named.choices][:2] == [
        ("2024", "P0202502101234"),
        ("2025", f"P0202502101234 / {made}"),
    ]


def test_a_document_of_which_nothing_names_a_day_asks_for_no_year(tmp_path: Path) -> None:
    path = printed(tmp_path, (*HEADERS[:4], "年度指标值"), ROW, title="某区党群工作部预算项目绩效目标")
    assert try_to_read(path) == (None, [])


def test_two_names_that_say_two_years_are_the_choices() -> None:
    with pytest.raises(Refused) as refused:
        read_document(FIXTURES / "x07_no_year.pdf", names=["某局2024年", "某局2025年"])
    (question,) = {one.key: one for held in refused.value.held for one in held.questions}.values()
    assert [(one.value, one.text) for one in question.choices] == [("2024", "某局2024年"), ("2025", "某局2025年")]


def test_of_two_amounts_the_chosen_one_counts_for_all_rows_of_the_project() -> None:
    path = FIXTURES / "y04_two_amounts.pdf"
    question = ask(path)
    for figure in ("1,250,000.00", "1,520,000.00"):
        reading = read(path, answer(question, figure))
        mine = [r for r in reading.records if r.cells[Column.PROJECT].text == "河道保洁经费"]
        assert {r.cells[Column.AMOUNT].text for r in mine} == {figure}
        assert {str(r.amounts[Column.AMOUNT]) for r in mine} == {figure.replace(",", "")}
        assert len({r.project_no for r in mine}) == 1


def test_of_two_amounts_in_a_head_the_one_beside_the_chosen_word_counts() -> None:
    path = FIXTURES / "y13_head_two_amounts.pdf"
    question = ask(path)
    assert question.is_general
    found = [texts(read(path, answer(question, one.value)), Column.AMOUNT)[0] for one in question.choices]
    assert found == ["1,250,000.00", "1,350,000.00"]


def test_the_first_row_of_a_page_goes_on_or_is_a_row_of_its_own() -> None:
    path = FIXTURES / "q01_first_row.pdf"
    question = ask(path)
    rest, new = (texts(read(path, answer(question, one)), Column.INDICATOR) for one in ("rest", "new"))
    assert rest[2:] == ["编制防汛预案并组织防汛演练", "沿河群众满意度"]
    assert new[2:] == ["编制防汛预案", "并组织防汛演练", "沿河群众满意度"]


def test_of_two_columns_of_one_meaning_the_chosen_one_is_loaded(tmp_path: Path) -> None:
    headers = ("项目名称", "年初预算数（元）", "年度资金总额（元）", "三级指标", "年度指标值")
    path = printed(tmp_path, headers, ("团工委工作经费", "1200", "1500", "购置数量", "≥3件"))
    question = ask(path)
    assert (question.kind, question.is_general) == (QuestionKind.SAME_COLUMN, True)
    assert [choice.text for choice in question.choices] == ["年初预算数（元）: 1200", "年度资金总额（元）: 1500"]
    for choice, figure in zip(question.choices, ("1200", "1500"), strict=True):
        assert texts(read(path, answer(question, choice.value)), Column.AMOUNT) == [figure]


def test_a_part_of_an_amount_is_the_amount_only_if_a_person_says_so(tmp_path: Path) -> None:
    headers = ("项目名称", "其中：财政拨款（元）", "年度绩效目标", "三级指标", "年度指标值")
    path = printed(tmp_path, headers, ("团工委工作经费", "1200", "开展活动", "购置数量", "≥3件"))
    question = ask(path)
    assert [choice.value for choice in question.choices] == ["amount", "ignored"]
    assert texts(read(path, answer(question, "amount")), Column.AMOUNT) == ["1200"]
    assert texts(read(path, answer(question, "ignored")), Column.AMOUNT) == []


def test_the_question_about_a_layout_is_the_same_next_year_and_another_for_another_layout(tmp_path: Path) -> None:
    title = "某区党群工作部{}年预算项目绩效目标"
    this, following = (
        printed(
            tmp_path,
            (HEADERS[0], f"{year}年金额（元）", *HEADERS[2:]),
            ROW,
            title=title.format(year),
        )
        for year in (2025, 2026)
    )
    other = printed(tmp_path, ("项目名称", "金额（元）", "一级指标", "三级指标", "考核刻度"), ROW)
    question = ask(this)
    assert question.is_general
    assert (ask(following).key, ask(following).layout) == (question.key, question.layout)
    assert ask(other).key != question.key
    reading = read(following, answer(question, "annual_value"))
    assert [part.fiscal_year for part in reading.parts] == [2026]
    assert texts(reading, Column.ANNUAL_VALUE) == ["≥3件"]


def test_words_that_a_file_explains_are_taken_wherever_they_are_asked_about(tmp_path: Path) -> None:
    word = Answer("annual_value", "gz.yml", word="考核刻度")
    assert texts(read(printed(tmp_path, HEADERS, ROW), word), Column.ANNUAL_VALUE) == ["≥3件"]
    assert len(read(FIXTURES / "x06_unknown_value_header.pdf", word).records) == 14


def test_an_answer_that_no_reader_asks_for_changes_nothing() -> None:
    path = FIXTURES / "f06_one_row.pdf"
    plain = read_document(path)
    odd = (Answer("2031", "张三", "x", key="0" * 16), Answer("weight", "张三", word="三级指标"))
    assert read_document(path, answers=odd) == plain
    assert plain.settled == ()


def test_a_choice_that_is_no_longer_offered_is_asked_again() -> None:
    path = FIXTURES / "x06_unknown_value_header.pdf"
    question = ask(path)
    assert ask(path, answer(question, "unit")) == question


def test_of_two_answers_the_later_counts() -> None:
    path = FIXTURES / "q01_first_row.pdf"
    question = ask(path)
    assert len(read(path, answer(question, "rest"), answer(question, "new")).records) == 5


def test_a_question_and_a_reading_that_rests_on_an_answer_travel_as_json() -> None:
    path = FIXTURES / "y13_head_two_amounts.pdf"
    question = ask(path)
    assert question_from_dict(question_to_dict(question)) == question
    reading = read(path, answer(question, question.choices[0].value))
    assert reading_from_json(reading_to_json(reading)) == reading
