/** A table of things that people sort, walk through by key and open. Of long ones only what is in view is drawn. */

import { el, fill } from "../shell/dom.js";
import { Rows } from "./rows.js";

const ROW_PX = 36;

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} id
 * @property {string} label
 * @property {(row: Row) => Node | string | number | null} cell
 * @property {(row: Row) => string | number} [sort] by which it can be sorted
 * @property {boolean} [isNumber]
 */

/**
 * @template Row
 * @param {object} options
 * @param {string} options.label what the table holds
 * @param {Column<Row>[]} options.columns
 * @param {(row: Row) => string} options.key
 * @param {(row: Row) => void} [options.open] a row was clicked, or Enter pressed on it
 * @param {(row: Row) => boolean} [options.isChosen]
 * @param {string} options.empty what stands there when there is nothing
 * @param {string} [options.test] name of the table
 * @param {string} [options.rowTest] name of each row
 * @param {string} [options.sortBy] id of the column that it is sorted by at first
 * @param {boolean} [options.isWhole] all rows are drawn, because it is the page around the table that scrolls
 */
export function makeTable({ label, columns, key, open, isChosen, empty, test, rowTest, sortBy, isWhole }) {
  /** @type {readonly Row[]} */
  let rows = [];
  let sort = { by: sortBy ?? "", down: false };
  const heads = new Map(columns.map((column) => [column.id, headOf(column)]));
  const body = el("tbody");
  const head = el("thead", {}, el("tr", {}, ...heads.values()));
  const nothing = el("p", { class: "empty muted" }, empty);
  const table = el("table", { "aria-label": label, class: "grid" }, head, body);
  const element = el("div", { class: "scroll", test, tabindex: "-1" }, table, nothing);
  const drawn = new Rows({ box: element, body, tag: "tr", height: ROW_PX, key, draw: drawRow, isWhole });

  /** @param {Column<Row>} column */
  function headOf(column) {
    const kind = column.isNumber ? "number" : null;
    if (column.sort === undefined) return el("th", { scope: "col", class: kind }, column.label);
    const by = el("button", { type: "button", class: "sort", on: { click: () => sortTo(column.id) } }, column.label);
    return el("th", { scope: "col", class: kind }, by);
  }

  /** @param {string} id */
  function sortTo(id) {
    sort = { by: id, down: sort.by === id && !sort.down };
    show();
  }

  /** @param {Row} row @param {HTMLElement | null} old */
  function drawRow(row, old) {
    const line = old ?? made(row);
    const chosen = isChosen?.(row) ?? false;
    if (chosen) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
    /** @type {any} */ (line).row = row;
    columns.forEach((column, at) => put(line.children[at], column.cell(row)));
    return line;
  }

  /** @param {Row} row */
  function made(row) {
    const line = el("tr", { tabindex: open ? "0" : null, test: rowTest });
    line.append(...columns.map((column) => el("td", { class: column.isNumber ? "number" : null })));
    if (open) {
      line.addEventListener("click", (event) => {
        if (!(/** @type {HTMLElement} */ (event.target).closest("button, a, select, input"))) open(/** @type {any} */ (line).row);
      });
      line.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.target !== line) return;
        event.preventDefault();
        open(/** @type {any} */ (line).row);
      });
    }
    return line;
  }

  function show() {
    const column = columns.find(({ id }) => id === sort.by);
    let sorted = rows;
    if (column?.sort) {
      const value = column.sort;
      const sign = sort.down ? -1 : 1;
      sorted = [...rows].sort((a, b) => sign * compare(value(a), value(b)) || (key(a) < key(b) ? -1 : 1));
    }
    for (const [id, th] of heads) {
      if (id === sort.by) th.setAttribute("aria-sort", sort.down ? "descending" : "ascending");
      else th.removeAttribute("aria-sort");
    }
    table.setAttribute("aria-rowcount", String(rows.length + 1));
    nothing.hidden = rows.length > 0;
    drawn.set(sorted);
  }

  return {
    element,
    /** @param {readonly Row[]} now */
    set(now) {
      rows = now;
      show();
    },
    /** Draws what is in view anew. */
    draw: () => drawn.draw(),
    /** @param {number} step */
    move: (step) => drawn.move(step),
    /** @param {string} text */
    sayEmpty: (text) => fill(nothing, text),
  };
}

const byName = new Intl.Collator();

/** @param {string | number} a @param {string | number} b */
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return byName.compare(String(a), String(b));
}

/** Fills a cell, if that changes what it says. @param {Element} cell @param {Node | string | number | null} content */
function put(cell, content) {
  if (!(content instanceof Node)) {
    const text = String(content ?? "");
    if (cell.textContent !== text || cell.childElementCount > 0) fill(cell, text);
    return;
  }
  const [old] = cell.childNodes;
  if (cell.childNodes.length === 1 && old.isEqualNode(content) && !(content instanceof HTMLElement && content.querySelector("button, select"))) return;
  fill(cell, content);
}
