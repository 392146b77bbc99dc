/** The caller's number in the row of bookings: who is known by it is offered while it is typed, from the fourth digit on. */

import { code, el, fill, said } from "../shell/dom.js";
import { field } from "../shell/form.js";
import { isEnter } from "./keys.js";
import { digitsOf, isWhole } from "./reading.js";

const LOOK_AFTER_MS = 150;
const LEAST_DIGITS = 4;

/** @typedef {{ address: string, latitude: number, longitude: number }} NamedPlace */
/** @typedef {{ name: string, phone: string, rides: number, pickup?: NamedPlace, dropoffs: NamedPlace[] }} Caller */

/**
 * @param {object} options
 * @param {import("../client/session.js").Session} options.session
 * @param {(key: string, values?: Record<string, any>) => string} options.t words of the desk
 * @param {() => void} options.changed another number is typed: nobody is known by it yet
 * @param {() => void} options.next the number stands, and the next field is to have the focus
 * @param {(caller: Caller) => void} options.chosen this is who calls
 * @param {() => boolean} options.isUntouched nothing else of the row is filled, so that a caller who is found late may fill it
 * @returns {{ element: HTMLElement, input: HTMLInputElement, error(text: string | null): void, isThere(): boolean, close(): boolean, set(phone: string): void }}
 *   `isThere`: the number is long enough, which is said where it is not; `close`: closes the list, whether it was open
 */
export function callerField({ session, t, changed, next, chosen, isUntouched }) {
  /** @type {Caller[]} */ let callers = [];
  let active = -1;
  /** @type {Promise<void> | null} */ let looking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let timer;
  let lookNow = () => {};
  const phone = field({ id: "book-phone", label: t("phone"), inputmode: "tel", autocomplete: "off", dir: "ltr", role: "combobox", "aria-expanded": "false", "aria-controls": "book-callers", "aria-autocomplete": "list" });
  const { input } = phone;
  const list = el("ul", { id: "book-callers", role: "listbox", class: "street-list", "aria-label": t("callers"), hidden: true });

  function typed() {
    phone.error(null);
    changed();
    clearTimeout(timer);
    const number = input.value.trim();
    if (digitsOf(number).length < LEAST_DIGITS) {
      looking = null;
      return show([]);
    }
    looking = new Promise((resolve) => {
      lookNow = () => {
        clearTimeout(timer);
        lookNow = () => {};
        void look(number).then(resolve);
      };
      timer = setTimeout(() => lookNow(), LOOK_AFTER_MS);
    });
  }

  /** @param {string} number */
  async function look(number) {
    try {
      const found = await session.request("GET", "/api/callers", { query: { phone: number } });
      if (input.value.trim() === number) show(found.callers);
    } catch {
      // Whoever calls is booked for without being known.
      show([]);
    }
  }

  /** @param {Caller[]} found */
  function show(found) {
    callers = found;
    const pressed = (/** @type {Event} */ event) => event.preventDefault();
    fill(list, ...found.map((one, at) => el("li", { id: `book-caller-${at}`, role: "option", on: { pointerdown: pressed, click: () => take(one) } },
      said(one.name), " ", code(one.phone), el("span", { class: "street-detail" }, t("rides_count", { n: one.rides })))));
    list.hidden = found.length === 0 || document.activeElement !== input;
    input.setAttribute("aria-expanded", String(!list.hidden));
    point(found.findIndex((one) => isWhole(input.value, one.phone)));
  }

  /** @param {number} at the caller who is taken by Enter; -1: nobody */
  function point(at) {
    active = at;
    [...list.children].forEach((option, n) => option.setAttribute("aria-selected", String(n === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", `book-caller-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  /** @param {Caller} caller */
  function take(caller) {
    input.value = `+${caller.phone}`;
    chosen(caller);
  }

  function isThere() {
    const there = digitsOf(input.value).length >= LEAST_DIGITS;
    if (!there) phone.error(t("phone_wrong"));
    return there;
  }

  /** The number stands. Whoever types on at once types into the next field: nothing waits for the look-up. */
  function stands() {
    if (!isThere()) return;
    if (callers[active]) return take(callers[active]);
    const asked = looking;
    next();
    lookNow();
    void asked?.then(() => asked === looking && callers[active] && isUntouched() && take(callers[active]));
  }

  input.addEventListener("input", typed);
  input.addEventListener("blur", () => show([]));
  input.addEventListener("keydown", (event) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (step !== 0 && callers.length > 0) {
      event.preventDefault();
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      point(Math.max(-1, Math.min(callers.length - 1, active + step)));
    } else if (isEnter(event)) {
      event.preventDefault();
      stands();
    }
  });

  return {
    element: el("div", { class: "book-phone" }, phone.element, list),
    input,
    error: phone.error,
    isThere,
    close() {
      const wasOpen = !list.hidden;
      show([]);
      return wasOpen;
    },
    set(number) {
      input.value = number;
      looking = null;
      phone.error(null);
      show([]);
    },
  };
}
