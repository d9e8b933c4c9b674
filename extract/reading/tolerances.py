"""Define the tolerances of reading: each with its unit, its reason, and the fixture that needs it.

A test sets each to its value `perturbed` and sees the reading of its fixture change: a PDF of tests/fixtures, or a page
of tests/support/tolerance_pages.py. Units: pt are points of the displayed page, em parts of the font size, px pixels of
a rendered page, levels parts of 255 of grey, ratios parts of 1; brightness and alpha go from 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def _tolerance(value: float, unit: str, reason: str, fixture: str, perturbed: float, reader: str = "pdfium") -> Any:
    """Describe a tolerance; `reader` is the one whose reading of the fixture shows it."""
    facts = {"unit": unit, "reason": reason, "fixture": fixture, "perturbed": perturbed, "reader": reader}
    return field(default=value, metadata=facts)


@dataclass(frozen=True)
class Tolerances:
    """Numbers that decide what is one line, one word, one cell, one sign."""

    white_brightness: float = _tolerance(
        0.97, "brightness", "lighter letters and areas show nothing on white paper", "k_covered", 1.067
    )
    new_text_em: float = _tolerance(
        0.15, "em", "a gap so much wider than all others of a word lies between two texts", "c17_rows_of_one_run", 0.5
    )
    same_margin_em: float = _tolerance(
        0.1,
        "em",
        "texts whose distances from their rules differ by less are aligned alike",
        "c17_rows_of_one_run",
        -1.0,
    )
    chinese_width_em: float = _tolerance(
        0.9,
        "em",
        "a letter so wide is a Chinese one, whatever its code says: ASCII letters are hardly wider than half an em",
        "c18_font_without_a_map",
        2.0,
        "oxide",
    )
    outline_margin_em: float = _tolerance(
        0.15,
        "em",
        "so far the drawn outline of a letter may reach beyond its em square",
        "c19_outlined_letters",
        -0.4,
    )
    big_text_ratio: float = _tolerance(
        1.8,
        "ratio",
        "of the usual size of a page's text: a larger pale text over other text is a watermark",
        "u04_mark_in_a_cell",
        0.594,
    )
    white_pixel_brightness: float = _tolerance(
        0.94,
        "brightness",
        "what compression leaves of white; a letter at one pixel a point is darker",
        "c05_white_picture",
        1.316,
    )
    outline_height_pt: float = _tolerance(
        40.0, "pt", "a higher filled outline is no letter of a table", "w15_outlines", 0.0
    )
    narrow_chinese_em: float = _tolerance(
        0.7, "em", "no Chinese character is narrower: a font that says so has wrong widths", "z17_unusual_digits", 2.1
    )
    rotated_share: float = _tolerance(
        0.8, "ratio", "of a page's glyphs have one quarter turn: then the page is turned", "a_sideways", 1.12
    )
    rule_thickness_pt: float = _tolerance(
        3.0, "pt", "thicker is an area, not a rule (the thickest border of Excel prints 2.5 pt)", "u_thick_border", 9.0
    )
    straight_pt: float = _tolerance(
        0.5, "pt", "a stroke that leans no more is upright or level", "d06_pymupdf_form_new", -1.0
    )
    dash_gap_pt: float = _tolerance(4.0, "pt", "between the pieces of a dashed line", "d08_pdfmake_dashed", 40.0)
    crossed_gap_share: float = _tolerance(
        0.02,
        "ratio",
        "of the text lines may cross a gap between columns: one that overflows, a title",
        "c22_long_text_in_a_gap",
        0.2,
    )
    top_line_em: float = _tolerance(
        0.5, "em", "a line so near below a rule may have run over it", "k17_second_line_overflows", 0.25
    )
    hanging_em: float = _tolerance(
        4.0, "em", "no line of a cell hangs further below its table", "c12_hanging_lines", 0.0
    )
    whole_line_em: float = _tolerance(
        0.95,
        "em",
        "a line whose baseline lies so deep under the rule begins below it",
        "k17_second_line_overflows",
        1.425,
    )
    double_em: float = _tolerance(
        0.16, "em", "a glyph so near to the same glyph is a fake bold or a shadow", "v19_fakebold_watermark", 1.6
    )
    new_line_em: float = _tolerance(0.45, "em", "baselines so far apart are two lines", "base_seedlike", 1.35)
    superscript_line_em: float = _tolerance(
        0.62,
        "em",
        "a smaller glyph whose baseline is up to so far above that of the line is a superscript of the line",
        "u04_mark_in_a_cell",
        0.93,
    )
    word_gap_em: float = _tolerance(
        0.2, "em", "a gap between letters or digits that is a printed blank", "d09_jspdf_chongqing", 0.0
    )
    two_texts_em: float = _tolerance(1.1, "em", "a gap between two texts in one cell", "p_missing_vertical", 0.0)
    one_text_em: float = _tolerance(0.6, "em", "letters of one text are nearer", "p_missing_vertical", 0.0)
    raised_size_ratio: float = _tolerance(
        0.85,
        "ratio",
        "a raised digit is at most so large, compared with the letter before it",
        "z14_raised_mark_behind_an_amount",
        0.425,
    )
    raised_em: float = _tolerance(
        0.15, "em", "and stands at least so high above its baseline", "z14_raised_mark_behind_an_amount", 0.45
    )
    note_mark_size_ratio: float = _tolerance(
        0.75,
        "ratio",
        "likewise behind a Chinese character, where a number may stand as well",
        "z14_raised_mark_behind_an_amount",
        0.375,
    )
    note_mark_raised_em: float = _tolerance(0.25, "em", "likewise", "z14_raised_mark_behind_an_amount", 0.75)
    column_gap_em: float = _tolerance(
        1.9, "em", "a gap between two texts on one line outside tables", "f02_labels", 0.0
    )
    glued_em: float = _tolerance(0.12, "em", "letters of one word are nearer", "v_narrow_gap_hfull", 1.2)
    cell_clip_pt: float = _tolerance(
        3.0, "pt", "a clip so near to a cell's border is the border's own", "s01_print_area", 0.0
    )
    inside_clip_pt: float = _tolerance(1.0, "pt", "so far inside its clip a place is looked up", "s01_print_area", 0.5)
    cut_above_share: float = _tolerance(
        0.25, "ratio", "of the height of a digit: a clip that takes more may change it", "s02_line_cut_in_half", 0.75
    )
    digit_height_em: float = _tolerance(
        0.72, "em", "how high a digit stands over the baseline; its middle is half as high", "base_seedlike", 2.16
    )
    stroke_at_side_pt: float = _tolerance(
        3.0, "pt", "a line that ends so near to an upright line ends at it, as borders do", "c03_cut_by_own_border", 0.0
    )
    struck_through_em: float = _tolerance(
        0.2, "em", "a line so near to the middle of a letter goes through it", "z11_struck_out", 0.0
    )
    before_figure_em: float = _tolerance(
        0.6, "em", "a line or shape so near to a figure belongs to it", "z12_drawn_minus", 0.0
    )
    minus_length_em: float = _tolerance(1.3, "em", "no minus is longer", "z12_drawn_minus", 0.0)
    figure_digit_share: float = _tolerance(
        0.3333333333333333, "ratio", "of the letters of a figure with its unit are digits", "c03_cut_by_own_border", 0.0
    )
    cell_of_image_share: float = _tolerance(
        0.6, "ratio", "of an image's area inside a cell: the image may be the cell's content", "w01_pictured_value", 1.8
    )
    seam_edge_pt: float = _tolerance(
        3.0,
        "pt",
        "a cell that ends so near to its table's end is cut by the page break",
        "c16_label_over_three_pages",
        0.0,
    )
    image_of_page_share: float = _tolerance(
        0.45, "ratio", "an image over so much of a page may be its table", "z18_goes_on_as_a_picture", 1.35
    )
    loose_line_pt: float = _tolerance(
        3.0, "pt", "texts outside tables at heights so near are one line", "q_borderless_second_page", 0.0
    )
    column_moved_pt: float = _tolerance(
        4.0, "pt", "an upright line stands where it stood on the page before", "f18_row_cut", 40.0
    )
    faint_pixel_brightness: float = _tolerance(
        0.75, "brightness", "at one pixel a point a thin black stroke is no darker", "w01_pictured_value", 0.0
    )
    solid_pixel_share: float = _tolerance(
        0.9, "ratio", "of an image's pixels hide what lies under them: then it is opaque", "w03_marks", 0.0
    )
    digit_astray_em: float = _tolerance(
        0.5,
        "em",
        "a baseline so far from its glyph's box is not known (vertical writing)",
        "r02_one_digit_said_another",
        0.0,
        "auto",
    )
    least_ink_em: float = _tolerance(
        0.01,
        "em",
        "a blank whose glyph is higher and wider than this draws something",
        "r03_minus_said_a_blank",
        0.1,
        "auto",
    )
    least_em_px: float = _tolerance(
        16.0, "px", "in smaller print shapes are in doubt", "r02_one_digit_said_another", 48.0, "auto"
    )
    em_px: float = _tolerance(
        28.0,
        "px",
        "size at which a page is rendered: between two digits one pixel stays blank",
        "r02_one_digit_said_another",
        14.0,
        "auto",
    )
    sure_digit_correlation: float = _tolerance(
        0.75, "correlation", "with the digit that the paper shows", "r02_one_digit_said_another", 1.125, "auto"
    )
    digit_margin_correlation: float = _tolerance(
        0.1, "correlation", "and so much less with the one of the text layer", "r02_one_digit_said_another", 0.3, "auto"
    )
    sure_sign_correlation: float = _tolerance(
        0.8, "correlation", "likewise where one of them is a sign", "r04_sign_said_another", 1.2, "auto"
    )
    sign_margin_correlation: float = _tolerance(0.15, "correlation", "likewise", "r04_sign_said_another", 1.5, "auto")
    same_other_share: float = _tolerance(
        0.5,
        "ratio",
        "of the whole prints of a glyph: more than that show the same other sign",
        "r05_digit_of_one_cell",
        1.5,
        "auto",
    )
    ink_astray_px: float = _tolerance(
        1.8,
        "px",
        "the ink of a whole glyph ends no further from the box that its font gives",
        "z15_digits_swapped",
        0.0,
        "auto",
    )
    ink_share: float = _tolerance(
        0.3, "ratio", "of the darkest pixel's darkness: what is ink", "z15_digits_swapped", 0.9, "auto"
    )
    page_moved_pt: float = _tolerance(
        10.0, "pt", "the lines of one table stand no further apart on two pages", "g02_shifted_continuation", 100.0
    )
    coded_names_share: float = _tolerance(
        0.9,
        "ratio",
        "of the names of a table's projects begin with a code: then a name without one is a rest",
        "y07_two_up",
        0.0,
    )
    overhang_share: float = _tolerance(
        0.2,
        "ratio",
        "of its height, so far the em box of a letter reaches over the rule of its cell",
        "y10_two_texts_in_a_cell",
        2.0,
    )
    image_of_cell_share: float = _tolerance(
        0.3, "ratio", "of a cell's area under an image: the image may say what the cell says", "w15_outlines", 0.0
    )
    rule_through_em: float = _tolerance(
        0.05, "em", "a rule so deep inside the letters runs through them", "c14_rest_lost", 0.5
    )
    least_line_step_em: float = _tolerance(
        0.8, "em", "two lines of one text have baselines at least so far apart", "c13_line_over_the_rule", 1.6
    )
    line_step_em: float = _tolerance(1.7, "em", "and at most so far", "c13_line_over_the_rule", 0.0)
    title_width_share: float = _tolerance(
        0.6,
        "ratio",
        "of the columns of a table, a title or caption inside it covers at least",
        "s15_name_row_over_the_break",
        1.2,
    )
    touched_cell_pt: float = _tolerance(
        0.5,
        "pt",
        "a problem that reaches so far into a cell touches it: borders are shared",
        "y11_stamp_over_amount",
        -0.5,
    )
    other_brightness: float = _tolerance(
        0.15, "brightness", "a difference of two letters that everybody sees", "r08_figures_set_smaller", -0.15
    )
    other_size_share: float = _tolerance(
        0.2,
        "ratio",
        "of the usual size of a cell, a letter that differs by more is unlike the rest",
        "u04_mark_in_a_cell",
        -0.2,
    )
    border_pieces_pt: float = _tolerance(
        0.75, "pt", "pieces of one border stand no further apart", "c03_cut_by_own_border", -0.75
    )
    covered_share: float = _tolerance(
        0.25, "ratio", "of a glyph's ink under a later area makes it unreadable", "y02_covered_by_neighbour", -0.25
    )
    cut_digit_share: float = _tolerance(
        0.03, "ratio", "of the height of a digit: a cut that is no rounding", "c03_cut_by_own_border", 3.0
    )
    cut_row_pt: float = _tolerance(
        3.0, "pt", "a part of a row that is so high may hold a line of text", "s02_line_cut_in_half", 0.0
    )
    set_together_em: float = _tolerance(
        0.35,
        "em",
        "letters that one operator sets are nearer: 22.6 万 has a blank between that nobody typed",
        "partial_text_over_text",
        0.0,
    )
    blank_beside_share: float = _tolerance(
        0.12, "ratio", "of its width a glyph is blank on each side", "c06_close_to_a_rule", -0.12
    )
    straddled_share: float = _tolerance(
        0.15, "ratio", "of a glyph's width: a rule so deep inside goes through it", "s11_letters_across_a_rule", -0.15
    )
    page_end_share: float = _tolerance(
        0.75,
        "ratio",
        "of a page's height: a table that ends higher does not end because of the page",
        "s16e_department_form_without_targets",
        0.0,
    )
    pale_brightness: float = _tolerance(
        0.55, "brightness", "what is never darker is a watermark", "g_flat_watermark", 1.1
    )
    solid_alpha: float = _tolerance(
        0.9, "alpha", "nothing that one could read shows through what is painted with more", "c05_white_picture", 1.8
    )
    outline_alpha: float = _tolerance(0.5, "alpha", "fainter outlines are no letters", "w15_outlines", 1.0, "oxide")
    em_below_em: float = _tolerance(0.12, "em", "and so far below it", "base_seedlike", 1.2, "oxide")
    operator_line_em: float = _tolerance(
        0.02, "em", "letters of one text operator stand on one baseline", "c01_print_area", 0.0, "oxide"
    )
    same_place_pt: float = _tolerance(
        0.2, "pt", "two parsers place a glyph no further apart than half of this", "c01_print_area", 200.0, "oxide"
    )
    whole_line_share: float = _tolerance(
        0.75,
        "ratio",
        "of a line's height in both parts together: less is lost between the pages",
        "c20_row_in_two_halves",
        7.5,
    )
    ink_contrast_levels: float = _tolerance(
        48.0,
        "levels",
        "of grey between ink and paper, at least: fainter prints are in doubt",
        "r02_one_digit_said_another",
        300.0,
        "auto",
    )
    short_one_em: float = _tolerance(
        0.5, "em", "a 一 is never so narrow (0.72 at least)", "z12_drawn_minus", 1.0, "auto"
    )
    same_baseline_em: float = _tolerance(
        0.1, "em", "letters whose baselines differ by less are on one line", "z17_unusual_digits", 0.0
    )
    same_size_share: float = _tolerance(
        0.1, "ratio", "letters whose sizes differ by less are set in one size", "c13_line_over_the_rule", 0.0
    )
    next_letter_em: float = _tolerance(
        0.1, "em", "a letter begins so near to the end of the em square before it", "narrow_letters", 0.0
    )
    one_line_em: float = _tolerance(
        0.3, "em", "letters of a cell whose baselines differ by less are one line", "k17_second_line_overflows", 3.0
    )
    overlap_em: float = _tolerance(
        0.1,
        "em",
        "the middle of a letter so deep inside the next one: two texts over each other",
        "z17_unusual_digits",
        -0.1,
    )
    repeated_share: float = _tolerance(
        0.6,
        "ratio",
        "of its width: the same letter again at less distance is printed over it",
        "v19_fakebold_watermark",
        1.8,
    )
    beside_cell_em: float = _tolerance(
        0.5,
        "em",
        "a line that overflows its cell begins and ends at most so far beside it",
        "c13_line_over_the_rule",
        -0.5,
    )
    run_inside_share: float = _tolerance(
        0.5,
        "ratio",
        "of the width of a run inside the cell of its word: less makes it another text",
        "run_of_the_next_cell",
        1.0,
    )
    letter_inside_share: float = _tolerance(
        0.3, "ratio", "likewise of a run of one letter", "letter_of_another_run", 0.6
    )
    next_to_letter_em: float = _tolerance(
        0.75,
        "em",
        "a letter on a rule that is so near to another one belongs to its cell",
        "lone_letter_on_a_rule",
        0.0,
    )
    other_line_em: float = _tolerance(
        0.5, "em", "letters of a cell whose baselines differ by more are further lines", "text_that_wraps", 1.5
    )
    cut_aside_share: float = _tolerance(
        0.34, "ratio", "of the width of a glyph: a clip that takes more may change it", "clip_aside", 0.17
    )
    same_width_pt: float = _tolerance(
        5.0,
        "pt",
        "level rules that protrude no more beyond the longest one belong to its table",
        "v_narrow_gap_hfull",
        -5.0,
    )
    least_table_pt: float = _tolerance(
        100.0, "pt", "level rules alone make a table if they are longer", "v_narrow_gap_hfull", 2000.0
    )
    full_line_share: float = _tolerance(
        0.8,
        "ratio",
        "of the width of a table: longer lines run through it, the first two enclose the header",
        "level_rules",
        1.6,
    )
    ends_share: float = _tolerance(
        0.06, "ratio", "of the lines of a table end at the border of a column", "broken_rules", 1.2
    )
    text_line_em: float = _tolerance(
        0.8, "em", "height of the strips in which the letters of a line are counted", "many_lines", 1.6
    )
    least_gap_em: float = _tolerance(0.2, "em", "a gap between columns is at least so wide", "b_frame_hrules", 4.0)
    open_side_pt: float = _tolerance(
        5.0,
        "pt",
        "crossing lines that protrude further beyond the outermost line end at a side that is not drawn",
        "w15_outlines",
        -5.0,
    )
    digit_step_em: float = _tolerance(
        0.4, "em", "digits follow each other by at least so much; a fake bold moves by less", "wide_digits", 0.8
    )
    too_wide_em: float = _tolerance(
        0.15, "em", "letters of one text overlap by less: a width that reaches further is wrong", "wide_digits", 3.0
    )
    least_outline_pt: float = _tolerance(2.0, "pt", "a filled outline that is lower is no letter", "w15_outlines", 40.0)
    hyphen_width_em: float = _tolerance(0.1, "em", "a soft hyphen that is wider is printed", "soft_hyphen", 2.0)
    oblique_degrees: float = _tolerance(
        3.0,
        "degrees",
        "text that leans more from a quarter turn is oblique: a stamp or watermark",
        "v19_fakebold_watermark",
        -3.0,
    )
    least_size_pt: float = _tolerance(0.5, "pt", "smaller text is invisible", "k_covered", 10.0)
    continued_em: float = _tolerance(
        0.5,
        "em",
        "a letter beyond the edge of a table that is nearer to the text inside continues it",
        "text_beyond_the_edge",
        0.0,
    )
    least_shape_em: float = _tolerance(0.3, "em", "a drawn outline that is lower is no digit", "drawn_digit", 0.9)
    shape_width_em: float = _tolerance(
        4.0, "em", "a drawn outline that is wider is no digit or group of digits", "drawn_digit", 0.0
    )
    border_dash_pt: float = _tolerance(
        0.5,
        "pt",
        "a stroke that begins or ends nearer to the border of a cell is a part of the border",
        "struck_beside",
        -0.5,
    )
    gap_again_em: float = _tolerance(
        0.5,
        "em",
        "gaps of two lines that share more are at the same place: an upright rule is missing",
        "gaps_at_one_place",
        10.0,
    )
    uneven_size_share: float = _tolerance(
        0.08,
        "ratio",
        "of the usual size of a cell: letters of another brightness that differ by more are another text",
        "another_text_in_a_cell",
        0.16,
    )
    light_letter_brightness: float = _tolerance(
        0.6, "brightness", "lighter letters are printed on a darker area", "r02_one_digit_said_another", -0.6, "auto"
    )
    same_shape_em: float = _tolerance(
        0.01,
        "em",
        "glyphs of a font whose boxes differ by less may be one glyph",
        "r05_digit_of_one_cell",
        0.03,
        "auto",
    )
    operator_gap_em: float = _tolerance(
        0.35,
        "em",
        "more room is between texts, not between letters of one operator",
        "y02_covered_by_neighbour",
        0.0,
        "oxide",
    )
    faint_alpha: float = _tolerance(
        0.7, "alpha", "text painted with less is faint, as watermarks are", "s06_white_picture", 1.1
    )
    unseen_alpha: float = _tolerance(0.02, "alpha", "paint with less is invisible", "w02_picture_over", 1.1)
    level_degrees: float = _tolerance(
        0.5,
        "degrees",
        "characters turned by more have no reliable width along their line",
        "c18_font_without_a_map",
        -0.5,
        "oxide",
    )
    dark_pixel_share: float = _tolerance(
        0.002, "ratio", "of an image may be darker than pale, by noise of the compression", "w01_pictured_value", 1.0
    )
    over_middle_pt: float = _tolerance(
        2.0, "pt", "a border or letter may reach so far over the middle between two sheets", "two_sheets", 0.0
    )
    title_height_ratio: float = _tolerance(
        0.85,
        "ratio",
        "a line above the title belongs to it unless it is lower than this part of it",
        "u04_mark_in_a_cell",
        0.0,
    )
    known_words_share: float = _tolerance(0.5, "ratio", "of the words of a header row are known", "k_covered", 1.5)
    common_letters_share: float = _tolerance(
        0.06, "ratio", "of the Chinese characters of all tables are common ones of offices", "k_covered", 1.2
    )
    accented_letters_share: float = _tolerance(
        0.3,
        "ratio",
        "of the letters of all tables are accented Latin ones: a font with a wrong map",
        "x03_garbled_pua",
        -0.3,
    )
    snap_em: float = _tolerance(
        0.45, "em", "of the usual size of a page: rules so near are one line", "w15_outlines", 0.0
    )
    least_snap_pt: float = _tolerance(1.0, "pt", "at least", "doubled_rule", 0.0)
    most_snap_pt: float = _tolerance(3.0, "pt", "and at most", "c18_font_without_a_map", -3.0)


TOLERANCES = Tolerances()
