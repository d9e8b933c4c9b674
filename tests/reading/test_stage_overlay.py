"""What a picture of a stage shows, on pages made of Ink alone and on the pages of the fixtures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import pypdfium2
import pytest
from made_page import WORDS, Page
from PIL import Image

from extract.entities import Column
from extract.reading.document import read_document
from extract.reading.drawing.overlay import STYLES, Mark, Stage, choose_styles, draw_marks, name_column
from extract.reading.drawing.stage_overlay import (
    colour_cells,
    mark_cells,
    mark_ink,
    mark_lattices,
    mark_letters,
    show_stage,
)
from extract.reading.ink.rotation import find_rotation
from extract.reading.page import Stages, build_page, run_stages
from extract.reading.pages import read_checked_pages, read_ink
from extract.report.page_images import PictureError, draw_page

FIXTURES = Path(__file__).parents[1] / "fixtures"


def made(page: Page) -> Stages:
    return run_stages(page.ink())


def table_page() -> Page:
    return Page().fill_table().rule_table()


def kinds_at(marks: list[Mark], x: float, y: float) -> set[str]:
    """What covers a point."""
    return {m.kind for m in marks if m.box[0] <= x <= m.box[2] and m.box[1] <= y <= m.box[3]}


def fixture(name: str, page: int = 1) -> tuple[Stages, Path]:
    path = FIXTURES / f"{name}.pdf"
    inks = [ink for ink, _ in read_ink(path, "pdfium", None)]
    return run_stages(inks[page - 1]), path


def test_a_letter_is_shown_as_read_or_by_the_reason_for_which_it_was_dropped() -> None:
    page = table_page()
    page.write("内", 140, 60, 50.0, light=0.8)  # pale, large and over other text
    page.write("斜", 300, 200, turn=-1)
    page.write("白", 60, 200, light=1.0)
    page.write("无", 90, 200, unseen=True)
    page.write("层", 120, 200, hidden=True)
    page.write("粗", 150, 200).write("粗", 150.5, 200)
    page.write("剪", 200, 200, clip=(0.0, 0.0, 100.0, 100.0))
    page.write("读 到", 240, 200)
    marks = mark_ink(made(page))
    assert kinds_at(marks, 185, 105) == {"watermark"}
    assert [kinds_at(marks, x, 205) for x in (305, 65, 95, 125, 205)] == [
        {"watermark"},
        {"invisible"},
        {"invisible"},
        {"hidden"},
        {"clipped"},
    ]
    assert kinds_at(marks, 155, 205) == {"kept", "duplicate"}
    assert [kinds_at(marks, x, 205) for x in (245, 255, 265)] == [{"kept"}, set(), {"kept"}], "a blank is no ink"
    counted = Counter(mark.kind for mark in marks)
    assert counted["kept"] == sum(len(word) for line in WORDS for word in line) + 3


def test_rules_areas_and_pictures_are_shown_where_they_are_painted() -> None:
    page = table_page()
    page.fills, page.pictures = [((50, 50, 290, 70), 0.9, 1)], [(300, 10, 380, 40)]
    marks = mark_ink(made(page))
    assert [mark.box for mark in marks if mark.kind == "fill"] == [(50, 50, 290, 70)]
    assert [mark.box for mark in marks if mark.kind == "picture"] == [(300, 10, 380, 40)]
    assert sorted(mark.box for mark in marks if mark.kind == "rule") == sorted(page.rules)


def test_pieces_of_a_rule_are_shown_as_the_one_line_that_they_became() -> None:
    marks = mark_lattices(made(table_page()))
    assert {mark.kind for mark in marks} == {"line"}
    level, upright = [(50, y, 290, y) for y in (50, 70, 90, 110)], [(x, 50, x, 110) for x in (50, 110, 190, 290)]
    assert sorted(mark.box for mark in marks) == sorted([*level, *upright])


def test_a_line_stops_at_a_merged_cell() -> None:
    page = table_page()
    page.rules = [box for box in page.rules if not (box[1] == box[3] == 90 and box[0] == 50)]
    (line,) = [mark.box for mark in mark_lattices(made(page)) if mark.box[1] == mark.box[3] == 90]
    assert line == (110, 90, 290, 90)


def test_a_border_that_is_not_drawn_is_shown_as_the_place_where_lines_end() -> None:
    page = table_page()
    page.rules = [box for box in page.rules if not box[0] == box[2] == 290]
    marks = mark_lattices(made(page))
    assert [mark.box for mark in marks if mark.kind == "end"] == [(290, 50, 290, 110)]
    assert not [mark for mark in marks if mark.kind == "gap"]


def test_the_rule_of_another_table_draws_no_border_of_this_one() -> None:
    page = table_page()
    page.rules = [box for box in page.rules if not box[0] == box[2] == 290]
    page.rules += [
        (330, 50, 330, 110),
        (380, 50, 380, 110),
        (330, 50, 380, 50),
        (330, 80, 380, 80),
        (330, 110, 380, 110),
    ]
    page.write("别表", 335, 60)
    marks = mark_lattices(made(page))
    assert [mark.box for mark in marks if mark.kind == "end"] == [(290, 50, 290, 110)]
    assert (330, 50, 330, 110) in [mark.box for mark in marks if mark.kind == "line"]


def test_a_line_that_only_the_text_suggests_is_shown_as_a_gap() -> None:
    page = Page().fill_table()
    page.rules = [(50, y, 290, y) for y in (50, 70, 90, 110)]
    marks = mark_lattices(made(page))
    assert sorted(mark.box for mark in marks if mark.kind == "line") == sorted(page.rules)
    assert sorted(mark.box[0] for mark in marks if mark.kind == "end") == [50, 290], "where the rules end"
    gaps = sorted(mark.box for mark in marks if mark.kind == "gap")
    assert len(gaps) == 2
    for (x, top, _, bottom), (left, right) in zip(gaps, ((75, 115), (155, 195)), strict=True):
        assert left <= x <= right, "between two columns of text"
        assert (top, bottom) == (50, 110)


@pytest.mark.parametrize(
    "name", ["c_threeline", "b_frame_hrules", "d04_latex_cmidrule", "u_thick_border", "f02_labels"]
)
def test_every_line_of_every_table_is_shown_once_and_nothing_else(name: str) -> None:
    stages, _ = fixture(name)
    marks = mark_lattices(stages)
    for table in stages.tables:
        xs, ys = table.lattice.xs.tolist(), table.lattice.ys.tolist()
        for i, y in enumerate(ys):
            for j, (left, right) in enumerate(pairwise(xs)):
                shown = [m for m in marks if m.box[1] == m.box[3] == y and m.box[0] <= left and right <= m.box[2]]
                assert len(shown) == bool(table.lattice.level[i, j])
        for j, x in enumerate(xs):
            for i, (top, bottom) in enumerate(pairwise(ys)):
                shown = [m for m in marks if m.box[0] == m.box[2] == x and m.box[1] <= top and bottom <= m.box[3]]
                assert len(shown) == bool(table.lattice.upright[i, j])


def test_cells_and_the_lines_of_text_beside_them_are_shown() -> None:
    page = table_page().write("说明", 50, 200)
    page.rules = [box for box in page.rules if not (box[1] == box[3] == 90 and box[0] == 50)]
    marks = mark_cells(build_page(page.ink()).grids)
    assert (50, 70, 110, 110) in [mark.box for mark in marks if mark.kind == "cell"], "a merged cell is one"
    assert len([mark for mark in marks if mark.kind == "cell"]) == 8
    assert [mark.box for mark in marks if mark.kind == "text"] == [(50, 200, 70, 210)]


def test_every_letter_has_the_colour_of_its_cell_and_letters_outside_have_none() -> None:
    marks = mark_letters(made(table_page().write("说明", 50, 200)))
    cells = [mark for mark in marks if mark.kind.startswith("cell ")]
    letters = [mark for mark in marks if mark.kind.startswith("letter ")]
    assert (len(cells), len(letters)) == (9, sum(len(word) for line in WORDS for word in line))
    for letter in letters:
        x, y = (letter.box[0] + letter.box[2]) / 2, (letter.box[1] + letter.box[3]) / 2
        assert kinds_at(cells, x, y) == {letter.kind.replace("letter", "cell")}
    assert [mark.box for mark in marks if mark.kind == "outside"] == [(50, 200, 60, 210), (60, 200, 70, 210)]


def test_a_letter_in_a_table_and_in_no_cell_is_shown_as_lost() -> None:
    page = table_page()
    page.rules = [box for box in page.rules if box not in ((50, 90, 110, 90), (110, 70, 110, 90))]
    lost = [mark.box for mark in mark_letters(made(page)) if mark.kind == "lost"]
    assert (55, 75, 65, 85) in lost, "the lines around it enclose no rectangle"


PLACED = ["g_flat_watermark", "i_per_glyph_overflow", "j_vertical_overflow", "y15_hidden_lines", "d12_odt_two_forms"]


@pytest.mark.parametrize("name", PLACED)
def test_as_many_letters_have_a_colour_as_the_cells_of_that_colour_have(name: str) -> None:
    stages, path = fixture(name)
    (page, *_) = read_checked_pages(path, "pdfium", None)
    cells = [cell for grid in page.grids.grids for cell in grid.cells]
    colours = [colour for table in stages.tables for colour in colour_cells(table)]
    printed: Counter[str] = Counter()
    for cell, colour in zip(cells, colours, strict=True):
        printed[f"letter {colour}"] += len(re.sub(r"\s", "", cell.text))
    shown = Counter(mark.kind for mark in mark_letters(stages) if mark.kind.startswith("letter "))
    assert shown == +printed


@pytest.mark.parametrize("name", [*PLACED, "f01_hunan", "y06_three_header_rows"])
def test_no_cell_has_the_colour_of_a_neighbour(name: str) -> None:
    stages, _ = fixture(name)
    cells = [mark for mark in mark_letters(stages) if mark.kind.startswith("cell ")]
    assert len(cells) > 10
    for one, other in combinations(cells, 2):
        across = min(one.box[2], other.box[2]) - max(one.box[0], other.box[0])
        down = min(one.box[3], other.box[3]) - max(one.box[1], other.box[1])
        if max(across, down) > 1 and min(across, down) > -0.01:
            assert one.kind != other.kind, (one, other)


def shown_records(name: str, page: int) -> list[Mark]:
    return show_stage(Stage.RECORDS, FIXTURES / f"{name}.pdf", page, "auto", None).marks


@pytest.mark.parametrize("name", ["g_flat_watermark", "d12_odt_two_forms", "e_row_cut", "f20_cut_three_ways"])
def test_every_cell_that_a_record_holds_is_shown_in_its_column(name: str) -> None:
    path = FIXTURES / f"{name}.pdf"
    reading = read_document(path, reader="pdfium")
    pages = [page.grids for page in read_checked_pages(path, "pdfium", None)]
    for page in pages:
        cells = {cell.box for grid in page.grids for cell in grid.cells}
        marks = set(shown_records(name, page.page))
        held = {
            Mark(printed.box, name_column(column.value))
            for record in reading.records
            for column, printed in record.cells.items()
            if printed.page == page.page and printed.box in cells
        }
        assert held
        assert held <= marks
        assert {mark.box for mark in marks} <= cells


@pytest.mark.parametrize(
    "name", ["g_flat_watermark", "e_row_cut", "t_same_name_pagebreak", "v01a_span_lo", "d05_fpdf2_a3"]
)
def test_every_text_of_a_flat_table_is_shown_in_a_column_or_as_a_header_on_both_sides_of_a_page_break(
    name: str,
) -> None:
    path = FIXTURES / f"{name}.pdf"
    for page in read_checked_pages(path, "pdfium", None):
        boxes = {mark.box for mark in shown_records(name, page.grids.page)}
        for cell in (cell for grid in page.grids.grids for cell in grid.cells if cell.text):
            assert cell.box in boxes, (page.grids.page, cell.text)


def test_header_cells_are_marked_and_have_the_colour_of_what_they_head() -> None:
    (page,) = read_checked_pages(FIXTURES / "g_flat_watermark.pdf", "pdfium", None)
    marks = shown_records("g_flat_watermark", 1)
    words = {cell.box: cell.text for grid in page.grids.grids for cell in grid.cells}
    headed = {words[mark.box]: kinds - {"header"} for mark, kinds in with_kinds(marks) if "header" in kinds}
    assert headed["项目名称"] == {name_column(Column.PROJECT.value)}
    assert headed["三级指标"] == {name_column(Column.INDICATOR.value)}
    assert len(headed) == page.grids.grids[0].n_cols, "the first row and no other"


def with_kinds(marks: list[Mark]) -> Iterator[tuple[Mark, set[str]]]:
    for mark in marks:
        yield mark, {other.kind for other in marks if other.box == mark.box}


def test_the_words_of_a_form_are_marked_and_its_values_are_not() -> None:
    page, *_ = read_checked_pages(FIXTURES / "d12_odt_two_forms.pdf", "pdfium", None)
    words = {cell.box: cell.text for grid in page.grids.grids for cell in grid.cells}
    marks = shown_records("d12_odt_two_forms", 1)
    headers = {words[mark.box] for mark in marks if mark.kind == "header"}
    assert {"项目名称", "主管部门", "项目期", "一级指标"} <= headers
    assert not headers & {"45.80", "清源县人民政府", "产出指标", "1年"}


def test_the_picture_of_a_refused_document_says_so_and_shows_how_far_it_was_read() -> None:
    unknown = show_stage(Stage.RECORDS, FIXTURES / "x06_unknown_value_header.pdf", 1, "auto", None)
    assert any("held back: unknown_header" in line for line in unknown.said)
    late = show_stage(Stage.RECORDS, FIXTURES / "x07_no_year.pdf", 1, "auto", None)
    assert any("held back: year_unknown" in line for line in late.said)
    assert late.marks, "its cells were understood before the year was missed"
    good = show_stage(Stage.RECORDS, FIXTURES / "g_flat_watermark.pdf", 1, "auto", None)
    assert not any("refused" in line or "held" in line for line in good.said)


@pytest.mark.parametrize("reader", ["pdfium", "pdfplumber"])
@pytest.mark.parametrize("name", ["a_sideways", "d11_cairo_rot90", "g_flat_watermark"])
def test_letters_are_marked_where_they_are_printed_however_the_page_is_turned(
    name: str, reader: str, tmp_path: Path
) -> None:
    path = FIXTURES / f"{name}.pdf"
    sheet = draw_page(path, 1, tmp_path / "plain.png")
    scale = sheet.pixels_wide / sheet.width
    letters = [mark for mark in show_stage(Stage.INK, path, 1, reader, None).marks if mark.kind == "kept"]
    with Image.open(sheet.path) as image:
        page = image.convert("L")
    inked = [page.crop(tuple(round(side * scale) for side in mark.box)).getextrema()[0] < 140 for mark in letters]  # type: ignore[operator]
    assert len(inked) > 100
    assert all(inked)


def test_every_mark_has_its_colour_in_the_picture_and_a_sample_in_the_legend(tmp_path: Path) -> None:
    path = FIXTURES / "g_flat_watermark.pdf"
    for stage in Stage:
        sheet = draw_page(path, 1, tmp_path / f"{stage}.png", stage=stage)
        marks = show_stage(stage, path, 1, "auto", None).marks
        styles, scale = choose_styles(marks), sheet.pixels_wide / sheet.width
        with Image.open(sheet.path) as image:
            assert image.mode == "P", "few colours, exactly these"
            picture = image.convert("RGB")
        foot = round(max(mark.box[3] for mark in marks) * scale)
        legend = picture.crop((0, foot + 2, picture.width, picture.height))
        below = {colour for _, colour in legend.getcolors(99) or ()}
        last = styles[next(reversed(styles))]
        for mark in marks:
            colour = styles[mark.kind].colour
            assert colour in below, (stage, mark.kind)
            if styles[mark.kind] is last:  # others may lie below it
                for corner in (mark.box[:2], mark.box[2:]):
                    x, y = (round(side * scale) for side in corner)
                    around = picture.crop((x - 3, y - 3, x + 4, y + 4))
                    assert colour in {found for _, found in around.getcolors(99) or ()}, (stage, mark)


def test_a_dropped_watermark_glows_red_over_the_letters_that_are_read() -> None:
    with pypdfium2.PdfDocument(FIXTURES / "g_flat_watermark.pdf") as document:
        image = document[0].render(scale=2).to_pil().convert("RGB")
    stages, _ = fixture("g_flat_watermark")
    assert find_rotation(stages.ink) == 0
    marks = mark_ink(stages)
    drawn = draw_marks(image, marks, 2, 2, ("ink",)).convert("RGB")
    for mark in (mark for mark in marks if mark.kind == "watermark"):
        box = tuple(round(2 * side) for side in mark.box)
        reds = sum(n for n, (r, g, b) in drawn.crop(box).getcolors(999) or () if r > g and r > b)  # type: ignore[misc, arg-type]
        assert reds > 0.5 * (box[2] - box[0]) * (box[3] - box[1])


def test_a_page_that_is_narrower_than_its_legend_and_one_without_ink_have_pictures_too() -> None:
    narrow = Image.new("RGB", (9, 4000), (255, 255, 255))
    drawn = draw_marks(narrow, [Mark((0, 0, 5, 3990), "cell")], 1, 1, ("cells: a very high page, and words about it",))
    assert drawn.width > 9
    assert drawn.height > 4000
    empty = draw_marks(Image.new("RGB", (800, 600), (255, 255, 255)), mark_ink(made(Page())), 1, 1, ("ink: nothing",))
    assert empty.height < 200, "a blank foot is left out"
    assert empty.convert("L").getextrema()[0] == 0, "the legend is there"


def test_columns_beyond_the_colours_are_told_apart_by_darker_ones() -> None:
    styles = choose_styles([Mark((0, 0, 1, 1), name_column(column.value)) for column in Column])
    assert len({style.colour for style in styles.values()}) == len(Column)


def test_kinds_that_the_legend_tells_apart_look_different_in_their_stage() -> None:
    stages = [
        ("fill", "picture", "rule", "kept", "clipped", "invisible", "watermark", "duplicate", "hidden"),
        ("line", "end", "gap"),
        ("cell", "text"),
    ]
    for kinds in stages:
        looks = {(STYLES[kind].colour, STYLES[kind].width, STYLES[kind].tint) for kind in kinds}
        assert len(looks) == len(kinds)


def test_a17_a_stage_that_needs_too_much_memory_costs_the_drawing_process_alone(tmp_path: Path) -> None:
    from extract.settings import get_settings

    path = FIXTURES / "g_flat_watermark.pdf"
    with pytest.raises(PictureError, match="page 1 cannot be drawn"):
        draw_page(
            path,
            1,
            tmp_path / "page.png",
            stage=Stage.RECORDS,
            limits=replace(get_settings().limits(), memory=64 << 20),
        )
    with pytest.raises(PictureError, match="the document has 1 pages"):
        draw_page(path, 2, tmp_path / "page.png", stage=Stage.INK)
    assert list(tmp_path.iterdir()) == []
