"""The report as a person meets it: opened from disk, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from extract.releases.query import ask
from extract.report.page_images import WIDTH
from extract.settings import Settings

CONTRAST = """
const read = (text) => text.match(/[\\d.]+/g).map(Number);
const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
  .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
const poor = [];
for (const element of document.querySelectorAll("main *, header *, footer *")) {
  if (element.closest("svg") || !element.offsetParent) continue;
  if (![...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim())) continue;
  if (element.disabled) continue;
  let ground = element;
  while (ground && read(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
  const a = light(read(getComputedStyle(element).color));
  const b = light(read(getComputedStyle(ground || document.body).backgroundColor));
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
}
return poor;
"""


def open_report(browser: Any, settings: Settings) -> None:
    browser.open(settings.current / "report/index.html")


def column(browser: Any, table: str, number: int) -> list[str]:
    return browser.run(  # type: ignore[no-any-return]
        "return [...document.querySelectorAll(arguments[0] + ' tbody tr')].map(r => r.cells[arguments[1]].innerText)",
        table,
        number,
    )


def tools_of(browser: Any, table: str) -> Any:
    return browser.run("return document.querySelector(arguments[0]).closest('.scroll').previousElementSibling", table)


def test_it_opens_from_disk_without_complaint_and_asks_no_network(browser: Any, reported: Settings) -> None:
    for page in (reported.current / "report/index.html", *(reported.current / "report/documents").glob("*.html")):
        browser.open(page)
        assert browser.run("return document.readyState") == "complete"
        assert browser.run("return document.querySelectorAll('h1').length") == 1
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith(("file:", "data:"))] == []


def test_the_language_is_that_of_the_browser_and_the_switch_needs_no_reload(
    browsers: Callable[[str], Any], reported: Settings
) -> None:
    for language, first, then in (("zh-CN", "绩效夜报", "Nightly report"), ("en-US", "Nightly report", "绩效夜报")):
        browser = browsers(language)
        open_report(browser, reported)
        browser.run("localStorage.clear()")
        open_report(browser, reported)
        browser.run("window.stillHere = true")
        heading = browser.driver.find_element(By.TAG_NAME, "h1")
        assert heading.text == first
        assert browser.run("return document.documentElement.lang") == ("zh-CN" if language == "zh-CN" else "en")
        browser.driver.find_element(By.ID, "language").click()
        assert heading.text == then
        assert browser.run("return window.stillHere"), "the page was loaded again"
        open_report(browser, reported)
        assert browser.driver.find_element(By.TAG_NAME, "h1").text == then, "the choice is kept"
        browser.run("localStorage.clear()")


def test_no_word_of_the_other_language_is_shown(browsers: Callable[[str], Any], reported: Settings) -> None:
    browser = browsers("en-US")
    open_report(browser, reported)
    shown = browser.run("return [...document.querySelectorAll('.zh')].filter(e => e.offsetParent).length")
    assert shown == 0
    headings = browser.run("return [...document.querySelectorAll('h2, thead th')].map(e => e.innerText).join('')")
    assert headings.isascii() or set(headings) - set(map(chr, range(128))) <= {"↕", "↑", "↓"}


def test_the_filter_leaves_the_rows_that_hold_every_word(browser: Any, reported: Settings) -> None:
    open_report(browser, reported)
    before = column(browser, "#changed", 2)
    box = tools_of(browser, "#changed").find_element(By.TAG_NAME, "input")
    box.send_keys("宣传工作经费 raised")
    after = column(browser, "#changed", 2)
    assert 0 < len(after) < len(before)
    assert set(after) == {"宣传工作经费"}
    assert set(column(browser, "#changed", 1)) == {"raised"}
    said = tools_of(browser, "#changed").find_element(By.TAG_NAME, "output").text
    assert f"of {len(after)} rows" in said
    box.clear()
    box.send_keys("nothing says this")
    assert column(browser, "#changed", 2) == []


def test_a_column_of_numbers_sorts_as_numbers_and_says_so(browser: Any, reported: Settings) -> None:
    open_report(browser, reported)
    head = browser.run("return document.querySelectorAll('#projects thead th')[6]")
    for wanted in ("ascending", "descending"):
        head.find_element(By.TAG_NAME, "button").click()
        assert head.get_attribute("aria-sort") == wanted
        shown = [text.replace(",", "") for text in column(browser, "#projects", 6)]
        values = [float(text) if text != "–" else float("-inf") for text in shown]
        assert values == sorted(values, reverse=wanted == "descending")
    assert browser.run("return document.querySelectorAll('#projects [aria-sort]').length") == 1


def test_a_click_on_a_figure_leads_to_its_cell_on_the_picture_of_the_page(browser: Any, reported: Settings) -> None:
    open_report(browser, reported)
    link = next(a for a in browser.driver.find_elements(By.CSS_SELECTOR, "#changed a.cell") if "万" in a.text)
    printed = link.text
    link.click()
    key = browser.run("return location.hash").removeprefix("#c-")
    (fact,) = ask(
        reported,
        "SELECT t.*, d.sha256 FROM fct_indicator_targets AS t JOIN dim_documents AS d USING (document_key) "
        f"WHERE target_key = '{key}'",
    )[1]
    assert fact["target_text"] == printed
    assert unquote(browser.driver.current_url).split("/")[-1].startswith(fact["sha256"][:16])
    seen = browser.run(
        "const r = document.getElementById('c-' + arguments[0]), p = r.closest('.sheet'), i = p.querySelector('img');"
        "const a = r.getBoundingClientRect(), b = p.getBoundingClientRect(), v = r.ownerSVGElement.viewBox.baseVal;"
        "const s = p.clientWidth / v.width, t = p.clientHeight / v.height, x = b.left + p.clientLeft,"
        " y = b.top + p.clientTop;"
        "return {box: [(a.left - x) / s, (a.top - y) / t, (a.right - x) / s, (a.bottom - y) / t],"
        " top: a.top, bottom: a.bottom, height: innerHeight, stroke: getComputedStyle(r).stroke,"
        " loaded: i.complete && i.naturalWidth, alt: i.alt, said: p.parentElement.querySelector('.found').innerText}",
        key,
    )
    assert seen["box"] == pytest.approx([fact[side] for side in ("x0", "y0", "x1", "y1")], abs=1.5)
    assert 0 < seen["top"] < seen["bottom"] < seen["height"], "the cell is in the window"
    assert seen["stroke"] == "rgb(214, 40, 40)"
    assert seen["loaded"] == WIDTH
    assert str(fact["page"]) in seen["alt"]
    assert printed in seen["said"]
    assert browser.complaints() == []


def test_a_bar_of_the_waterfall_leads_to_the_printed_amount(browser: Any, reported: Settings) -> None:
    open_report(browser, reported)
    href = browser.run("return document.querySelector('#budgets figure.chart svg a').getAttribute('href')")
    browser.open(reported.current / "report" / href.split("#")[0], "#" + href.split("#")[1])
    key = href.split("#c-")[1]
    (fact,) = ask(reported, f"SELECT amount_text FROM fct_project_budgets WHERE budget_key = '{key}'")[1]
    assert fact["amount_text"] in browser.driver.find_element(By.CSS_SELECTOR, ".found:not([hidden])").text


CROWDED = """
const faults = [], boxes = (e, s) => [...e.querySelectorAll(s)].map((n) => [n.textContent, n.getBoundingClientRect()]);
for (const element of document.querySelectorAll("figure.chart text")) element.style.fontFamily = arguments[0];
for (const legend of document.querySelectorAll("figure.chart .legend")) legend.style.fontFamily = arguments[0];
for (const chart of document.querySelectorAll("figure.chart")) {
  const frame = chart.querySelector("svg").getBoundingClientRect();
  const texts = boxes(chart, "svg text").filter(([, box]) => box.width);
  for (const [text, box] of texts)
    if (box.left < frame.left || box.right > frame.right || box.top < frame.top || box.bottom > frame.bottom)
      faults.push(`cut: ${text}`);
  for (const list of [texts, boxes(chart, ".legend li")])
    list.forEach(([one, a], place) => list.slice(place + 1).forEach(([other, b]) => {
      if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
        faults.push(`over one another: ${one}, ${other}`);
    }));
  if (!chart.querySelectorAll(".legend li").length) faults.push("no legend");
}
return faults;
"""


@pytest.mark.parametrize("font", ["sans-serif", "serif", "monospace", "no such font"])
def test_no_label_of_a_chart_is_cut_and_none_lies_over_another(browser: Any, reported: Settings, font: str) -> None:
    open_report(browser, reported)
    assert browser.run("return document.querySelectorAll('figure.chart').length") >= 2
    assert browser.run(CROWDED, font) == []


def test_everything_can_be_reached_and_done_by_keyboard(browser: Any, reported: Settings) -> None:
    open_report(browser, reported)
    browser.run("document.querySelectorAll('details').forEach(d => d.open = false)")
    active = browser.driver.switch_to.active_element
    active.send_keys(Keys.TAB)
    assert "Skip" in browser.driver.switch_to.active_element.text
    browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert browser.run("return location.hash") == "#content"
    reached = set()
    for _ in range(120):
        browser.driver.switch_to.active_element.send_keys(Keys.TAB)
        what = browser.run(
            "const e = document.activeElement; const t = e.closest('table, .tools');"
            "return [e.tagName, e.type || '', (t && (t.id || t.className)) || '', getComputedStyle(e).outlineStyle]"
        )
        assert what[3] != "none", f"no ring around {what}"
        reached.add((what[0].upper(), what[1]))
    assert {("INPUT", "search"), ("BUTTON", "button"), ("SUMMARY", "")} <= reached
    assert "A" in {tag for tag, _ in reached}
    head = browser.run("return document.querySelector('#changed thead th button')")
    head.send_keys(Keys.SPACE)
    assert browser.run("return document.querySelector('#changed th').getAttribute('aria-sort')") == "ascending"
    link = browser.run("return document.querySelector('#changed tbody a.cell')")
    link.send_keys(Keys.ENTER)
    assert browser.driver.find_elements(By.CSS_SELECTOR, ".found:not([hidden])")


def test_a_screen_reader_finds_captions_headers_labels_and_names(browser: Any, reported: Settings) -> None:
    for page in (reported.current / "report/index.html", *(reported.current / "report/documents").glob("*.html")):
        browser.open(page)
        faults = browser.run(
            "const faults = [];"
            "for (const t of document.querySelectorAll('table')) {"
            " if (!t.caption || !t.caption.textContent.trim()) faults.push('no caption');"
            " for (const h of t.querySelectorAll('th')) if (!h.scope) faults.push('no scope: ' + h.textContent); }"
            "for (const i of document.querySelectorAll('input')) if (!i.labels.length) faults.push('no label');"
            "for (const i of document.querySelectorAll('img')) if (!i.alt) faults.push('no alt');"
            "for (const b of document.querySelectorAll('button, a[href]')) if (!b.closest('[aria-hidden]') && "
            " !b.textContent.trim() && !b.querySelector('[aria-label]')) faults.push('no name: ' + b.outerHTML);"
            "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
            "if (new Set(ids).size !== ids.length) faults.push('an id twice');"
            "for (const e of document.querySelectorAll('[aria-labelledby], [aria-controls]'))"
            " for (const id of (e.getAttribute('aria-labelledby') || e.getAttribute('aria-controls')).split(' '))"
            "  if (!document.getElementById(id)) faults.push('no such id: ' + id);"
            "return faults"
        )
        assert faults == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Any, reported: Settings, scheme: str) -> None:
    feature = [{"name": "prefers-color-scheme", "value": scheme}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": feature})
    try:
        open_report(browser, reported)
        dark = browser.run("return getComputedStyle(document.body).backgroundColor") == "rgb(17, 21, 28)"
        assert dark == (scheme == "dark")
        assert browser.run(CONTRAST) == []
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_a_narrow_window_scrolls_tables_and_never_the_page(browser: Any, reported: Settings) -> None:
    size = {"width": 360, "height": 740, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    try:
        for page in (reported.current / "report/index.html", *(reported.current / "report/documents").glob("*.html")):
            browser.open(page)
            assert browser.run("return document.documentElement.scrollWidth") <= 360
    finally:
        browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_a25_hostile_text_is_shown_and_never_run(browser: Any, hostile: Settings) -> None:
    for page in (hostile.current / "report/index.html", *(hostile.current / "report/documents").glob("*.html")):
        browser.open(page)
        assert browser.run("return document.title") != "owned"
        assert browser.run("return document.querySelectorAll('script').length") == 1
        assert browser.run("return document.querySelectorAll('img[src=x], [onerror]').length") == 0
    assert browser.complaints() == []
    assert [url for url in browser.requests() if not url.startswith(("file:", "data:"))] == []
    open_report(browser, hostile)
    text = "".join(column(browser, "#projects", 3))
    for shown in (
        "<script>document.title='owned'</script>",
        "DROP TABLE",
        "{{ 7 * 7 }}",
        "⟦U+202E⟧gnp.exe",
        "a⟦U+0000⟧b",
    ):
        assert shown in text


def test_ten_thousand_findings_leave_the_page_usable(browser: Any, hostile: Settings) -> None:
    open_report(browser, hostile)
    assert (hostile.current / "report/index.html").stat().st_size < 3_000_000
    assert len(column(browser, "#findings", 0)) == 25
    tools = tools_of(browser, "#findings")
    assert "of 500 rows" in tools.find_element(By.TAG_NAME, "output").text
    first = column(browser, "#findings", 5)
    tools.find_elements(By.TAG_NAME, "button")[-1].click()
    assert column(browser, "#findings", 5) != first
    assert "of 500 rows" in tools.find_element(By.TAG_NAME, "output").text
    quality = browser.driver.find_element(By.ID, "quality").text
    assert "10,1" in quality, "how many there are"
    assert "SELECT * FROM quality_findings" in quality, "and how to get the rest"


def test_the_documentation_of_the_models_opens_from_disk_and_asks_no_network(browser: Any, reported: Settings) -> None:
    browser.open(reported.current / "docs/index.html", "#!/model/model.jixiao.fct_indicator_targets")
    WebDriverWait(browser.driver, 30).until(
        lambda driver: "fct_indicator_targets" in driver.find_element(By.TAG_NAME, "body").text
    )
    assert [url for url in browser.requests() if not url.startswith(("file:", "data:"))] == []
