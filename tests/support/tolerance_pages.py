"""Pages for tolerances that no fixture needs alone: made of texts, lines and shapes, one difficulty each."""

from __future__ import annotations

from collections.abc import Callable

from made_page import WORDS, Page


def table() -> Page:
    """A table of three columns, from x 50 to 110, 190 and 290, and of three rows, 20 points each, from y 50 on."""
    return Page().fill_table().rule_table()


def header() -> Page:
    """The same table with its header alone."""
    return Page().fill_table(WORDS[:1]).rule_table()


def letter_of_another_run() -> Page:
    """A letter of the word in the first column reaches over the rule, with 0.4 of its width inside."""
    return header().write("某局某", 76, 75).write("河", 106, 75)


def run_of_the_next_cell() -> Page:
    """Two letters of the word in the first column are a run of which 0.7 is inside."""
    return header().write("某局某", 66, 75).write("河道", 96, 75)


def lone_letter_on_a_rule() -> Page:
    """A letter stands on the rule at 110, 0.6 em behind the letter in the first column."""
    return header().write("某", 90, 75).write("局", 106, 75)


def text_that_wraps() -> Page:
    """The first column is filled by a text of two lines, and the text of the second one begins at the rule."""
    return header().write("某局河道保洁", 50, 70).write("清理", 110, 70).write("某站", 50, 80)


def clip_aside() -> Page:
    """A clip cuts 0.3 of the width of a letter in the middle of its cell."""
    return header().write("河道保洁", 115, 75, clip=(112.0, 70.0, 152.0, 90.0))


def narrow_letters() -> Page:
    """Chinese letters one em apart are half as wide by their font, and the third one stands before a rule."""
    return header().write("某局河道", 86, 75, wide=0.5)


def soft_hyphen() -> Page:
    """A soft hyphen has the width of a letter."""
    return header().write("A\u00adB", 195, 75)


def text_beyond_the_edge() -> Page:
    """A text in the last column goes on beyond the edge of the table."""
    return header().write("清理河道长度清理", 209, 75).write("河道", 292, 75)


def wide_digits() -> Page:
    """Digits half an em apart are as wide as an em, so that the middle of the last one is beyond the table."""
    page = header()
    for number, digit in enumerate("1234"):
        page.write(digit, 271 + 5 * number, 75)
    return page


def gaps_at_one_place() -> Page:
    """In two rows the text of the last column has a gap at the same place."""
    page = header()
    for y in (75, 95):
        page.write("清理", 195, y).write("座数", 250, y)
    return page


def another_text_in_a_cell() -> Page:
    """Letters of a cell are paler, and larger by 0.15 of their size, than the others."""
    return header().write("清理河道", 195, 75).write("长度", 240, 73.7, 11.5, light=0.5)


def struck_beside() -> Page:
    """A short level line begins at the left border of the last column, before a figure."""
    page = header().write("100", 201, 75)
    page.rules.append((190.0, 80.0, 199.0, 80.0))
    return page


def drawn_digit() -> Page:
    """An outline of the height of digits stands beside a figure."""
    page = header().write("100", 195, 75)
    page.outlines.append((227.0, 76.5, 233.0, 83.5))
    return page


def level_rules() -> Page:
    """Level rules alone, of which that in the header is short: the columns are where no text is."""
    page = Page()
    page.rules += [(50.0, y, 290.0, y) for y in (50.0, 80.0, 100.0, 120.0)] + [(50.0, 60.0, 100.0, 60.0)]
    for row, y in enumerate((65, 85, 105)):
        for column, x in enumerate((55, 115, 195)):
            page.write(WORDS[row][column], x, y)
    return page


def broken_rules() -> Page:
    """Level rules that end at each column, with a text over all columns."""
    page = Page()
    for y in (50.0, 70.0, 90.0, 110.0):
        page.rules += [(50.0, y, 108.0, y), (111.0, y, 188.0, y), (191.0, y, 290.0, y)]
    for row in (0, 1):
        for column, x in enumerate((55, 120, 200)):
            page.write(WORDS[row][column], x, 55 + 20 * row)
    return page.write("清理河道长度清理河道长度清理河道长度清理", 58, 95)


def many_lines() -> Page:
    """Sixty lines in two columns, one of which reaches over the gap between them."""
    page = Page()
    page.rules += [(20.0, y, 300.0, y) for y in (8.0, 15.0, 290.0)]
    for line in range(60):
        y = 10.0 + 4.6 * line
        page.write("清理", 250, y, 4.0)
        if line == 30:
            page.write("河道保洁" * 9, 25, y, 4.0)
        else:
            page.write("某局", 25, y, 4.0).write("河道", 160, y, 4.0)
    return page


def two_sheets() -> Page:
    """Two sheets side by side, of which the left one reaches 1 pt over the middle of the page."""
    page = Page()
    for left, right in ((20.0, 201.0), (210.0, 380.0)):
        page.rules += [(left, y, right, y) for y in (50.0, 70.0, 90.0)]
        page.rules += [(x, 50.0, x, 90.0) for x in (left, left + 80, right)]
        page.write("单位", left + 5, 55).write("项目", left + 85, 55)
    return page


def doubled_rule() -> Page:
    """A rule is drawn twice, 0.9 pt apart, in a table of tiny letters."""
    page = Page().write("单位", 60, 60, 1.5).write("项目", 120, 60, 1.5).write("某局", 60, 80, 1.5)
    page.rules += [(50.0, y, 190.0, y) for y in (50.0, 50.9, 70.0, 90.0)]
    page.rules += [(x, 50.0, x, 90.0) for x in (50.0, 110.0, 190.0)]
    return page


PAGES: dict[str, Callable[[], Page]] = {
    page.__name__: page
    for page in (
        letter_of_another_run,
        run_of_the_next_cell,
        lone_letter_on_a_rule,
        text_that_wraps,
        clip_aside,
        soft_hyphen,
        text_beyond_the_edge,
        wide_digits,
        gaps_at_one_place,
        another_text_in_a_cell,
        drawn_digit,
        struck_beside,
        level_rules,
        broken_rules,
        many_lines,
        narrow_letters,
        two_sheets,
        doubled_rule,
    )
}
