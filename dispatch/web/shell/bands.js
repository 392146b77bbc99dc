import { el, fill } from "./dom.js";

/** A shape beside each colour. */
const MARKS = { info: "●", warn: "▲", danger: "■" };

/**
 * @typedef {{ label: string, run: () => void, test?: string }} BandAction
 * @typedef {{ kind: "info" | "warn" | "danger", text: string, action?: BandAction | null }} Band
 */

/** Bands under the top bar. They push what is below and cover nothing. They are silent: whoever shows one that matters announces it. */
export class Bands {
  /** @type {Map<string, { element: HTMLElement, text: HTMLElement, kind: string, label: string | null, action: BandAction | null }>} */
  #shown = new Map();

  constructor() {
    this.element = el("div", { class: "bands" });
  }

  /**
   * Shows a band, or changes the one of this name in place, so that a focus on its button stays.
   *
   * @param {string} name
   * @param {Band} band
   */
  show(name, { kind, text, action = null }) {
    const label = action?.label ?? null;
    let shown = this.#shown.get(name);
    if (shown === undefined || shown.kind !== kind || shown.label !== label) {
      const made = this.#made(name, kind, action);
      if (shown === undefined) this.element.append(made.element);
      else shown.element.replaceWith(made.element);
      shown = made;
      this.#shown.set(name, made);
    }
    shown.action = action;
    if (shown.text.textContent !== text) fill(shown.text, text);
  }

  /** @param {string} name */
  hide(name) {
    this.#shown.get(name)?.element.remove();
    this.#shown.delete(name);
  }

  /**
   * @param {string} name
   * @param {"info" | "warn" | "danger"} kind
   * @param {BandAction | null} action
   */
  #made(name, kind, action) {
    const text = el("span", { class: "band-text", dir: "auto" });
    const run = () => this.#shown.get(name)?.action?.run();
    const button = action && el("button", { class: "button", type: "button", test: action.test, on: { click: run } }, action.label);
    const mark = el("span", { class: "band-mark", "aria-hidden": "true" }, MARKS[kind]);
    const element = el("div", { class: `band ${kind}`, "data-band": name }, mark, text, button);
    return { element, text, kind, label: action?.label ?? null, action };
  }
}
