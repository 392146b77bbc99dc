/** A field in which people look for a street: a combobox with a list of what fits, for mouse, keyboard and screen reader. */

import { el, fill, said } from "../shell/dom.js";

/** @typedef {import("./streets.js").Place} Place */

/** The list is told to those who do not see it when typing has rested this long. */
const REST_MS = 500;
const MOST = 8;

/**
 * @typedef {object} StreetField
 * @property {HTMLElement} element label, input, list and error
 * @property {HTMLInputElement} input
 * @property {Place | null} value what was chosen; null once the text is changed by hand
 * @property {(place: Place | null) => void} set shows a place as chosen, or empties the field; `onChosen` is not called
 * @property {() => void} focus
 * @property {(text: string | null) => void} error says what is wrong with the field, or no longer does
 */

/**
 * A field with this label. The first hit is preselected: Enter takes it. Up and down choose another, Escape closes the list and then
 * empties the field. With the list closed, Enter is left to the form.
 *
 * @param {object} options
 * @param {string} options.id of the input
 * @param {string} options.label
 * @param {import("../shell/texts.js").Texts} options.texts
 * @param {import("./streets.js").Streets | null} options.streets null: there is nothing to find, and the field says so
 * @param {Promise<unknown>} [options.ready] until then the streets are still to come: nothing is found, and that says nothing
 * @param {(place: Place | null) => void} options.onChosen a hit was taken; null: the field was emptied
 * @param {{ say(text: string): void }} [options.announcer] tells how many fit
 * @param {string} [options.test] `data-test` of the input
 * @param {string} [options.hint] shown under the label
 * @returns {StreetField}
 */
export function streetField({ id, label, texts, streets, ready, onChosen, announcer, test, hint }) {
  /** @type {Place | null} */
  let value = null;
  /** @type {Place[]} */
  let hits = [];
  let active = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;
  let isReady = ready === undefined;

  const list = el("ul", { id: `${id}-list`, role: "listbox", class: "street-list", "aria-label": label, hidden: true });
  const none = el("p", { class: "street-none", hidden: true }, texts.say(streets ? "map.no_such_street" : "map.no_streets"));
  const wrong = el("p", { id: `${id}-error`, class: "error", hidden: true });
  const hinted = hint ? el("p", { id: `${id}-hint`, class: "hint" }, hint) : null;
  const input = el("input", {
    id, test, type: "text", role: "combobox", autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search", dir: "auto",
    "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id, "aria-describedby": [hinted?.id, wrong.id].filter(Boolean).join(" "),
    on: { input: typed, keydown: pressed, blur: left, focus: focused },
  });
  const element = el("div", { class: "field street-field" }, el("label", { for: id }, label), hinted, el("div", { class: "street-box" }, input, list), none, wrong);

  void ready?.then(() => {
    isReady = true;
    if (document.activeElement === input && value === null && input.value.trim()) typed();
  });

  function focused() {
    input.select();
    setTimeout(() => streets?.prepare());
  }

  function typed() {
    if (value) {
      value = null;
      onChosen(null);
    }
    error(null);
    show(streets?.find(input.value, MOST) ?? []);
    none.hidden = !isReady || hits.length > 0 || input.value.trim().length < 2;
    clearTimeout(rest);
    if (input.value.trim()) rest = setTimeout(tell, REST_MS);
  }

  function tell() {
    if (document.activeElement !== input) return;
    announcer?.say(hits.length ? texts.say("map.hits", { n: hits.length }) : none.textContent ?? "");
  }

  /** @param {Place[]} found */
  function show(found) {
    hits = found;
    active = 0;
    fill(list, ...hits.map((hit, at) => el(
      "li",
      // A press must not take the focus from the field before the click is counted.
      { id: `${id}-${at}`, role: "option", on: { pointerdown: (/** @type {Event} */ event) => event.preventDefault(), click: () => take(hit) } },
      said(hit.name), hit.detail ? el("span", { class: "street-detail" }, texts.say("map.near", { street: hit.detail })) : null,
    )));
    list.hidden = hits.length === 0;
    input.setAttribute("aria-expanded", String(!list.hidden));
    // On a phone the field stands in a sheet that scrolls, and the list would be below its edge.
    if (!list.hidden) list.scrollIntoView({ block: "nearest" });
    mark();
  }

  function mark() {
    for (const [at, option] of [...list.children].entries()) option.setAttribute("aria-selected", String(at === active));
    if (list.hidden) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", `${id}-${active}`);
    list.children[active].scrollIntoView({ block: "nearest" });
  }

  function close() {
    none.hidden = true;
    left();
  }

  /** What was said of the text stays: to take it away would move what somebody is about to press. */
  function left() {
    clearTimeout(rest);
    show([]);
  }

  /** @param {Place} place */
  function take(place) {
    set(place);
    onChosen(place);
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const isOpen = !list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (isOpen) active = (active + (event.key === "ArrowDown" ? 1 : hits.length - 1)) % hits.length;
      else show(streets?.find(input.value, MOST) ?? []);
      mark();
    } else if (event.key === "Enter" && isOpen) take(hits[active]);
    else if (event.key === "Escape" && (isOpen || !none.hidden)) close();
    else if (event.key === "Escape" && input.value) empty();
    else return;
    // What the field has used is not the page's as well.
    event.preventDefault();
    event.stopPropagation();
  }

  function empty() {
    set(null);
    onChosen(null);
  }

  /** @param {Place | null} place */
  function set(place) {
    value = place;
    input.value = place?.name ?? "";
    error(null);
    close();
  }

  /** @param {string | null} text */
  function error(text) {
    wrong.textContent = text ?? "";
    wrong.hidden = text === null;
    input.toggleAttribute("aria-invalid", false);
    if (text !== null) input.setAttribute("aria-invalid", "true");
  }

  return { element, input, set, error, focus: () => input.focus(), get value() { return value; } };
}
