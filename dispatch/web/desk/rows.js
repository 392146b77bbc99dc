/** Long lists of which only what is in view is drawn: 60 rows at most, however many there are. A row's element is used again while it stays. */

import { el } from "../shell/dom.js";

export const MOST_DRAWN = 60;
const BEYOND = 6;

/**
 * @template Row
 * @typedef {object} RowsOptions
 * @property {HTMLElement} box what scrolls
 * @property {HTMLElement} body what the rows stand in
 * @property {"li" | "tr"} tag of the empty rows that stand for what is not drawn
 * @property {number} height of each row in px
 * @property {(row: Row) => string} key
 * @property {(row: Row, drawn: HTMLElement | null) => HTMLElement} draw makes the element of a row, or brings it up to date
 * @property {boolean} [isWhole] all rows are drawn: the box does not scroll, but what is around it
 */

/**
 * Which rows are drawn: those in view and a few beyond, or all.
 *
 * @param {{ rows: number, tall: number, top: number, height: number, isWhole: boolean }} box how many rows there are; how tall the box is, how far it
 *   is scrolled and how high a row is, in px
 */
export function drawnRows({ rows, tall, top, height, isWhole }) {
  if (isWhole) return { first: 0, count: rows };
  const count = Math.min(MOST_DRAWN, Math.ceil(tall / height) + 2 * BEYOND);
  return { first: Math.min(Math.max(0, rows - count), Math.max(0, Math.floor(top / height) - BEYOND)), count };
}

/** @template Row */
export class Rows {
  /** @type {readonly Row[]} */
  rows = [];
  /** @type {Map<string, HTMLElement>} */
  #drawn = new Map();
  #options;
  #above;
  #below;
  #isDue = false;
  #isPrinted = false;
  /** How tall the box is and how far it is scrolled, as events told: to ask the browser would make it lay the page out at once. */
  #tall = 0;
  #top = 0;

  /** @param {RowsOptions<Row>} options */
  constructor(options) {
    this.#options = options;
    this.#above = el(options.tag, { "aria-hidden": "true", class: "spacer" });
    this.#below = el(options.tag, { "aria-hidden": "true", class: "spacer" });
    const { box } = options;
    box.addEventListener("scroll", () => {
      this.#top = box.scrollTop;
      this.#soon();
    }, { passive: true });
    new ResizeObserver(() => {
      this.#tall = box.clientHeight;
      this.#top = box.scrollTop;
      this.#soon();
    }).observe(box);
    for (const [event, isPrinted] of /** @type {const} */ ([["beforeprint", true], ["afterprint", false]])) {
      addEventListener(event, () => {
        this.#isPrinted = isPrinted;
        this.draw();
      });
    }
  }

  /** @param {readonly Row[]} rows */
  set(rows) {
    this.rows = rows;
    this.draw();
  }

  /** Draws what is in view anew. */
  draw() {
    const { body, height, key, draw, isWhole = false } = this.#options;
    const { first, count } = drawnRows({ rows: this.rows.length, tall: this.#tall, top: this.#top, height, isWhole: isWhole || this.#isPrinted });
    const seen = this.rows.slice(first, first + count);
    /** @type {Map<string, HTMLElement>} */
    const drawn = new Map();
    for (const row of seen) drawn.set(key(row), draw(row, this.#drawn.get(key(row)) ?? null));
    this.#drawn = drawn;
    this.#above.style.height = `${first * height}px`;
    this.#below.style.height = `${Math.max(0, this.rows.length - first - seen.length) * height}px`;
    place(body, [this.#above, ...drawn.values(), this.#below]);
  }

  /**
   * Brings the row that is so many further than the focused one into view, and focuses what it has of controls.
   *
   * @param {number} step
   */
  move(step) {
    const at = this.rows.findIndex((row) => this.#drawn.get(this.#options.key(row))?.contains(document.activeElement));
    const next = at < 0 ? (step > 0 ? 0 : this.rows.length - 1) : at + step;
    this.focus(Math.min(this.rows.length - 1, Math.max(0, next)));
  }

  /** @param {number} at */
  focus(at) {
    const row = this.rows[at];
    if (row === undefined) return;
    const { box, height, key } = this.#options;
    const head = box.querySelector("thead")?.clientHeight ?? 0;
    if (at * height < box.scrollTop) box.scrollTop = at * height;
    else if ((at + 1) * height + head > box.scrollTop + box.clientHeight) box.scrollTop = (at + 1) * height + head - box.clientHeight;
    this.#top = box.scrollTop;
    this.draw();
    const element = this.#drawn.get(key(row));
    const control = element?.matches("[tabindex], button") ? element : element?.querySelector("[tabindex], button");
    /** @type {HTMLElement | null | undefined} */ (control)?.focus({ preventScroll: true });
  }

  #soon() {
    if (this.#isDue) return;
    this.#isDue = true;
    requestAnimationFrame(() => {
      this.#isDue = false;
      this.draw();
    });
  }
}

/**
 * Makes these the children of an element, in this order, and moves only what has to be moved: what has the focus keeps it.
 *
 * @param {HTMLElement} parent
 * @param {HTMLElement[]} wanted
 */
export function place(parent, wanted) {
  const kept = new Set(wanted);
  for (const child of [...parent.children]) if (!kept.has(/** @type {HTMLElement} */ (child))) child.remove();
  wanted.forEach((child, at) => {
    if (parent.children[at] !== child) parent.insertBefore(child, parent.children[at] ?? null);
  });
}
