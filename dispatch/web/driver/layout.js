/** Small pieces that several screens of a driver are made of. */

import { el, fill, said } from "../shell/dom.js";
import { chosen } from "../shell/theme.js";
import { NAVIGATORS, navigationUrl, usualNavigator } from "./way.js";

/** @typedef {import("../shell/dom.js").Child} Child */
/** @typedef {import("../shell/texts.js").Texts} Texts */
/**
 * @typedef {object} Screen one screen: its parts, made once, and what changes in them
 * @property {string} key screens of another key are made anew
 * @property {HTMLElement} heading takes the focus where what had it is gone
 * @property {Child[]} head
 * @property {Child[]} details
 * @property {Child[]} thumb under the thumb, always in sight
 * @property {(state: import("./state.js").State) => void} update
 * @property {() => void} [end]
 */

/**
 * The heading of a screen.
 *
 * @param {string} text
 * @param {string} [className]
 */
export function heading(text, className = "") {
  return el("h1", { tabindex: "-1", class: className }, text);
}

/**
 * A row of a word and a value that changes.
 *
 * @param {string} label
 * @param {string} [className]
 * @param {string} [test]
 */
export function row(label, className = "", test = undefined) {
  const value = el("span", { class: `value ${className}`, test });
  const element = el("div", { class: "spread" }, el("span", { class: "muted" }, label), value);
  return { element, value };
}

/**
 * Puts text into an element, and touches nothing where it is there already.
 *
 * @param {Element} element
 * @param {string} text
 */
export function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * An address over two lines or so.
 *
 * @param {string} label
 * @param {string} address
 */
export function address(label, address) {
  return el("div", { class: "address" }, el("span", { class: "label" }, label), el("p", { class: "place" }, said(address)));
}

/** Shows or hides an element. @param {HTMLElement} element @param {boolean} visible */
export function show(element, visible) {
  element.hidden = !visible;
}

/** A number that may be called: whole, and not masked. @param {string | null | undefined} phone */
export function canCall(phone) {
  return typeof phone === "string" && /^\+?\d{5,}$/.test(phone);
}

/** What the driver has chosen to be shown the way by. */
export function navigator() {
  return chosen("navigator", NAVIGATORS, usualNavigator(globalThis.navigator.userAgent));
}

/**
 * A link to the navigation that the driver has chosen.
 *
 * @param {Texts} texts
 * @param {{ lat: number, lon: number, address: string }} place
 */
export function navigateLink(texts, place) {
  const options = { class: "button wide", target: "_blank", rel: "noreferrer", test: "navigate" };
  const link = el("a", { ...options, href: navigationUrl(navigator(), place) }, texts.say("driver.navigate"));
  // The choice may have changed since the screen was drawn.
  link.addEventListener("click", () => link.setAttribute("href", navigationUrl(navigator(), place)));
  return link;
}

/** @param {Texts} texts @param {string} phone @param {string} name */
export function callLink(texts, phone, name) {
  const label = texts.say("driver.call", { name });
  return el("a", { class: "button wide", href: `tel:+${phone.replace(/^\+/, "")}`, test: "call" }, label);
}

export { el, fill, said };
