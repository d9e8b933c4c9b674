"use strict";
// Language, tables and the marked cell. Everything can be read without it: then all rows are shown, in one language.
const root = document.documentElement;
const ROWS = 25;

function setLanguage(language) {
  root.dataset.language = language;
  root.lang = language === "zh" ? "zh-CN" : "en";
  try { localStorage.setItem("jixiao-language", language); } catch { /* a browser may forbid it for files */ }
}

function chooseLanguage() {
  let kept = null;
  try { kept = localStorage.getItem("jixiao-language"); } catch { /* as above */ }
  return kept === "zh" || kept === "en" ? kept : navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function both(english, chinese) {
  const pair = document.createDocumentFragment();
  for (const [name, lang, text] of [["en", "en", english], ["zh", "zh-CN", chinese]]) {
    const span = document.createElement("span");
    span.className = name;
    span.lang = lang;
    span.textContent = text;
    pair.append(span);
  }
  return pair;
}

function makeTable(table, number) {
  const body = table.tBodies[0];
  const all = [...body.rows];
  if (all.length < 2) return;
  const found = new Map(all.map((row) => [row, row.textContent.toLowerCase()]));
  let order = all, page = 0, query = "";

  const tools = document.createElement("div");
  tools.className = "tools";
  const label = document.createElement("label");
  label.append(both("Filter", "筛选"));
  const input = document.createElement("input");
  input.type = "search";
  input.setAttribute("aria-controls", (table.id ||= `table-${number}`));
  label.append(input);
  const said = document.createElement("output");
  said.setAttribute("aria-live", "polite");
  const back = document.createElement("button"), on = document.createElement("button");
  back.type = on.type = "button";
  back.append(both("← Previous", "← 上一页"));
  on.append(both("Next →", "下一页 →"));
  tools.append(label, said, back, on);
  table.closest(".scroll").before(tools);

  function show() {
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const hits = order.filter((row) => words.every((word) => found.get(row).includes(word)));
    const pages = Math.max(1, Math.ceil(hits.length / ROWS));
    page = Math.min(page, pages - 1);
    const from = page * ROWS, to = Math.min(from + ROWS, hits.length);
    body.replaceChildren(...hits.slice(from, to));
    const range = hits.length ? `${from + 1}–${to}` : "0";
    said.replaceChildren(both(`${range} of ${hits.length} rows`, `第 ${range} 行，共 ${hits.length} 行`));
    back.disabled = page === 0;
    on.disabled = page >= pages - 1;
    back.hidden = on.hidden = pages === 1;
  }

  function sortBy(head, column) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => {
      const cell = row.cells[column];
      if (cell.dataset.v === undefined) return cell.textContent.trim();
      return cell.dataset.v === "" ? -Infinity : Number(cell.dataset.v);
    };
    const words = new Intl.Collator(root.lang, { numeric: true });
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? (a < b ? -1 : a > b ? 1 : 0) : words.compare(a, b));
    const keyed = all.map((row) => [value(row), row]);
    keyed.sort((a, b) => (down ? -1 : 1) * compare(a[0], b[0]));
    order = keyed.map(([, row]) => row);
    page = 0;
    show();
  }

  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(head, column));
  });
  input.addEventListener("input", () => { query = input.value; page = 0; show(); });
  back.addEventListener("click", () => { page -= 1; show(); });
  on.addEventListener("click", () => { page += 1; show(); });
  show();
}

function closeUp(rect) {
  // the same picture again, through a window around the cell: small print becomes readable without zooming
  const space = "http://www.w3.org/2000/svg", sheet = rect.closest("svg"), picture = sheet.parentElement.querySelector("img");
  const box = rect.getBBox(), all = sheet.viewBox.baseVal;
  const high = Math.min(all.height, box.height + 24), wide = Math.min(all.width, Math.max(box.width + 24, high * 4, 300));
  const left = Math.min(Math.max(0, box.x + box.width + 12 - wide), all.width - wide);
  const top = Math.min(Math.max(0, box.y - 12), all.height - high);
  const view = document.createElementNS(space, "svg"), image = document.createElementNS(space, "image");
  view.setAttribute("viewBox", `${left} ${top} ${wide} ${high}`);
  view.setAttribute("class", "close-up");
  view.setAttribute("aria-hidden", "true");
  for (const [name, value] of [["href", picture.src], ["width", all.width], ["height", all.height], ["preserveAspectRatio", "none"]]) image.setAttribute(name, value);
  const frame = rect.cloneNode();
  frame.removeAttribute("id");
  view.append(image, frame);
  return view;
}

function showFound() {
  for (const old of document.querySelectorAll(".here")) old.classList.remove("here");
  for (const old of document.querySelectorAll(".found")) old.hidden = true;
  const id = decodeURIComponent(location.hash.slice(1));
  const rect = id.startsWith("c-") ? document.getElementById(id) : null;
  const row = rect && document.getElementById("r-" + id.slice(2));
  if (!row) return;
  rect.classList.add("here");
  row.classList.add("here");
  const said = rect.closest("figure").querySelector(".found");
  const text = document.createElement("b");
  text.textContent = row.dataset.text;
  said.replaceChildren(text, " · ", row.dataset.name, closeUp(rect));
  said.hidden = false;
  rect.scrollIntoView({ block: "center", inline: "center" });
}

setLanguage(chooseLanguage());
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("language");
  button.hidden = false;
  button.addEventListener("click", () => setLanguage(root.dataset.language === "zh" ? "en" : "zh"));
  document.querySelectorAll("table.sortable").forEach(makeTable);
  showFound();
});
addEventListener("load", showFound); // the browser has gone to the fragment by then: now to the middle of the window
addEventListener("hashchange", showFound);
