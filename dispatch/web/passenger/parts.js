/** Pieces that several views of the passenger's page are made of. */

import { Countdown } from "../client/countdown.js";
import { drawClock } from "../shell/clock.js";
import { code, el, said } from "../shell/dom.js";

/** @typedef {import("../shell/texts.js").Texts} Texts */

/**
 * A view: its heading, what can scroll, and the buttons, which stay.
 *
 * @param {string} name
 * @param {import("../shell/dom.js").Child[]} body
 * @param {import("../shell/dom.js").Child[]} actions
 * @returns {{ element: HTMLElement, body: HTMLElement, actions: HTMLElement }}
 */
export function frame(name, body, actions) {
  const inner = el("div", { class: "view-body" }, ...body);
  const buttons = el("div", { class: "view-actions" }, ...actions);
  return { element: el("section", { class: "view", "data-view": name }, inner, buttons), body: inner, actions: buttons };
}

/**
 * A clock for a time that a state holds as milliseconds on the clock that only grows. It starts anew only when that time has changed.
 *
 * @param {(clock: string, leftS: number | null) => string} sentence
 * @param {{ onEnd?: () => void, className?: string, test?: string }} [options]
 * @returns {{ element: HTMLElement, until(ends: number | null): void, stop(): void }}
 */
export function clockUntil(sentence, options = {}) {
  const clock = drawClock({ countdown: null, sentence, ...options });
  /** @type {number | null} */
  let shown = null;
  clock.element.hidden = true;
  return {
    element: clock.element,
    until(ends) {
      if (ends === shown) return;
      shown = ends;
      clock.element.hidden = ends === null;
      clock.set(ends === null ? null : new Countdown(Math.max(0, ends - performance.now())));
    },
    stop: clock.stop,
  };
}

/**
 * Where it goes from and to.
 *
 * @param {{ pickup: import("./state.js").Place, dropoff: import("./state.js").Place }} trip
 * @param {Texts} texts
 */
export function routeOf({ pickup, dropoff }, texts) {
  return el(
    "div",
    { class: "route" },
    el("span", { class: "mark-letter" }, texts.say("passenger.from")), said(pickup.name || texts.say("passenger.point")),
    el("span", { class: "mark-letter" }, texts.say("passenger.to")), said(dropoff.name || texts.say("passenger.point")),
  );
}

/**
 * A button that dials, where a whole number is known.
 *
 * @param {string} label
 * @param {string} phone
 * @param {string} [test]
 */
export function callButton(label, phone, test) {
  const digits = phone.replace(/[^\d+]/g, "");
  const number = digits.startsWith("+") || digits.length < 8 ? digits : `+${digits}`;
  return el("a", { class: "button wide", href: `tel:${number}`, test }, label);
}

/** Whether this is a whole number, and not one that is masked. @param {string | null | undefined} phone */
export function isWholeNumber(phone) {
  return typeof phone === "string" && /^\+?[\d\s()-]{3,}$/.test(phone);
}

/** A sum that stays in one piece. @param {string} text */
export function money(text) {
  return code(text, "money");
}

/** Replaces the text of an element only where it has changed, so that nothing is read out twice. @param {Element} element @param {string} text */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
