/** The row in which rides are booked for callers. It stands on every view, and a whole booking is done by the keyboard alone. */

import { NoAnswer, Refused } from "../client/errors.js";
import { code, el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button, field } from "../shell/form.js";
import { streetField } from "../map/street-field.js";
import { keyCap } from "./shapes.js";
import { digitsOf, isWhole, momentIn, placeIn } from "./reading.js";

const LOOK_AFTER_MS = 150;
const LEAST_DIGITS = 4;
const WAIT_FOR_QUOTE_MS = 2_000;
const UNDO_MS = 10_000;
const ASKED_AFTER_MS = 800;
const FIELDS = /** @type {Record<string, string>} */ ({ passenger_phone: "phone", passenger_name: "name", pickup_at: "when", vehicle_type: "type" });

/** @typedef {{ address: string, latitude: number, longitude: number }} NamedPlace */
/** @typedef {{ name: string, phone: string, rides: number, pickup?: NamedPlace, dropoffs: NamedPlace[] }} Caller */
/** @typedef {import("./app.js").Desk} Desk */

/**
 * @param {Desk} desk
 * @returns {{ element: HTMLElement, focus(): void, again(ride: Record<string, any>): void, edit(): void }} `again`: fills it with a ride that
 *   ended without a driver
 */
export function bookingRow(desk) {
  const { page, streets, session } = desk;
  const { texts, town, announcer } = page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);

  /** @type {Caller[]} */ let callers = [];
  /** @type {Caller | null} */ let known = null;
  let active = -1;
  /** @type {Promise<void> | null} */ let looking = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ let lookTimer;
  let lookNow = () => {};
  /** @type {{ promise: Promise<any>, told: any, terms: string } | null} */ let quote = null;
  let key = crypto.randomUUID();
  let sentTerms = "";

  const phone = field({ id: "book-phone", label: t("phone"), inputmode: "tel", autocomplete: "off", dir: "ltr", role: "combobox", "aria-expanded": "false", "aria-controls": "book-callers", "aria-autocomplete": "list" });
  const name = field({ id: "book-name", label: t("name"), autocomplete: "off" });
  const from = streetField({ id: "book-from", label: t("from"), texts, streets, announcer, onChosen: (place) => place && ends(to) });
  const to = streetField({ id: "book-to", label: t("to"), texts, streets, announcer, onChosen: (place) => place && ends(null) });
  const when = el("input", { id: "book-when", type: "datetime-local", hidden: true, "aria-label": t("pickup_time") });
  const whenChoice = el("select", { id: "book-now" }, el("option", { value: "now" }, t("now")), el("option", { value: "later" }, t("later")));
  const type = el("select", { id: "book-type" }, el("option", { value: "" }, t("any_type")), ...town.vehicle_types.map((one) => el("option", { value: one }, one)));
  const list = el("ul", { id: "book-callers", role: "listbox", class: "street-list", "aria-label": t("callers"), hidden: true });
  const usual = el("div", { class: "usual", hidden: true, role: "group", "aria-label": t("usual") });
  const price = el("output", { class: "book-price tabular", for: "book-from book-to" });
  const told = el("p", { class: "book-told", role: "none" });
  const book = button({ label: t("book"), kind: "primary", wide: false, test: "call-booking", type: "submit" });
  book.append(keyCap("Ctrl ↵"));
  const form = el("form", { class: "booking", "aria-label": t("booking"), novalidate: true, autocomplete: "off" },
    el("div", { class: "book-fields" },
      el("div", { class: "book-phone" }, phone.element, list), name.element, from.element,
      el("div", { class: "book-to" }, to.element, usual),
      el("div", { class: "field book-when" }, el("label", { for: "book-now" }, t("when")), whenChoice, when),
      el("div", { class: "field" }, el("label", { for: "book-type" }, t("type")), type),
      el("div", { class: "book-do" }, price, book)),
    told);

  // -- the caller

  phone.input.addEventListener("input", () => {
    phone.error(null);
    known = null;
    drawUsual();
    clearTimeout(lookTimer);
    const typed = phone.input.value.trim();
    if (digitsOf(typed).length < LEAST_DIGITS) {
      looking = null;
      return showCallers([]);
    }
    looking = new Promise((resolve) => {
      lookNow = () => {
        clearTimeout(lookTimer);
        lookNow = () => {};
        void look(typed).then(resolve);
      };
      lookTimer = setTimeout(() => lookNow(), LOOK_AFTER_MS);
    });
  });

  /** @param {string} typed */
  async function look(typed) {
    try {
      const found = await session.request("GET", "/api/callers", { query: { phone: typed } });
      if (phone.input.value.trim() === typed) showCallers(found.callers);
    } catch {
      // Whoever calls is booked for without being known.
      showCallers([]);
    }
  }

  /** @param {Caller[]} found */
  function showCallers(found) {
    callers = found;
    active = found.findIndex((one) => isWhole(phone.input.value, one.phone));
    fill(list, ...found.map((one, at) => el("li", { id: `book-caller-${at}`, role: "option", "aria-selected": String(at === active), on: { pointerdown: (/** @type {Event} */ event) => event.preventDefault(), click: () => isCaller(one) } },
      said(one.name), " ", code(one.phone), el("span", { class: "street-detail" }, t("rides_count", { n: one.rides })))));
    list.hidden = found.length === 0 || document.activeElement !== phone.input;
    phone.input.setAttribute("aria-expanded", String(!list.hidden));
    if (active >= 0) phone.input.setAttribute("aria-activedescendant", `book-caller-${active}`);
    else phone.input.removeAttribute("aria-activedescendant");
  }

  phone.input.addEventListener("blur", () => showCallers([]));
  phone.input.addEventListener("keydown", (event) => {
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && callers.length > 0) {
      event.preventDefault();
      const found = callers;
      const next = active + (event.key === "ArrowDown" ? 1 : -1);
      showCallers(found);
      active = Math.max(-1, Math.min(found.length - 1, next));
      [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
      if (active >= 0) phone.input.setAttribute("aria-activedescendant", `book-caller-${active}`);
    } else if (isEnter(event)) {
      event.preventDefault();
      phoneDone();
    }
  });

  /** The number stands. Whoever types on at once types into the name: nothing waits for the look-up. */
  function phoneDone() {
    if (digitsOf(phone.input.value).length < LEAST_DIGITS) return phone.error(t("phone_wrong"));
    if (callers[active]) return isCaller(callers[active]);
    const asked = looking;
    name.input.focus();
    lookNow();
    void asked?.then(() => {
      const isUntouched = name.input.value === "" && from.value === null && from.input.value === "";
      if (asked === looking && callers[active] && isUntouched) isCaller(callers[active]);
    });
  }

  /** @param {Caller} caller */
  function isCaller(caller) {
    known = caller;
    phone.input.value = `+${caller.phone}`;
    name.input.value = caller.name;
    if (caller.pickup) from.set(asPlace(caller.pickup));
    drawUsual();
    tell(t("known_caller", { name: caller.name, n: caller.rides }));
    announcer.say(t("known_caller", { name: caller.name, n: caller.rides }));
    from.focus();
  }

  function drawUsual() {
    const places = known?.dropoffs ?? [];
    usual.hidden = places.length === 0;
    fill(usual, ...places.map((one, at) => el("button", { type: "button", class: "chip", on: { click: () => takeUsual(at) } }, keyCap(String(at + 1)), said(one.address))));
  }

  /** @param {number} at */
  function takeUsual(at) {
    const place = known?.dropoffs[at];
    if (!place) return false;
    to.set(asPlace(place));
    ends(null);
    return true;
  }

  // -- from field to field

  name.input.addEventListener("keydown", (event) => {
    if (!isEnter(event)) return;
    event.preventDefault();
    from.focus();
  });
  from.input.addEventListener("keydown", (event) => {
    if (!isEnter(event) || event.defaultPrevented) return;
    event.preventDefault();
    if (hasPlace(from)) ends(to);
  });
  to.input.addEventListener("keydown", (event) => {
    if (/^[1-5]$/.test(event.key) && to.input.value === "" && !event.ctrlKey && !event.altKey && !event.metaKey && takeUsual(Number(event.key) - 1)) return event.preventDefault();
    if (!isEnter(event) || event.defaultPrevented) return;
    event.preventDefault();
    if (hasPlace(to)) ends(null);
  });
  whenChoice.addEventListener("change", () => {
    when.hidden = whenChoice.value === "now";
    if (!when.hidden) when.focus();
    askPrice();
  });
  for (const control of [when, type]) control.addEventListener("change", askPrice);

  /** Whether an end is a place; coordinates that were typed are one. @param {import("../map/street-field.js").StreetField} end */
  function hasPlace(end) {
    const typed = end.value === null ? placeIn(end.input.value) : null;
    if (typed !== null) end.set(typed);
    if (end.value === null) end.error(t(end.input.value.trim() ? "no_such_street" : "place_missing"));
    return end.value !== null;
  }

  /** An end stands: ask for the price where both do, and go on. @param {import("../map/street-field.js").StreetField | null} next */
  function ends(next) {
    askPrice();
    desk.showEnds(from.value, to.value);
    if (next !== null && next.value === null) next.focus();
    else if (from.value === null) from.focus();
    else if (to.value === null) to.focus();
    else book.focus();
  }

  // -- the price

  function terms() {
    if (from.value === null || to.value === null) return null;
    const at = whenChoice.value === "later" && when.value ? momentIn(when.value, town.time_zone) : null;
    return {
      pickup_latitude: from.value.lat, pickup_longitude: from.value.lon,
      dropoff_latitude: to.value.lat, dropoff_longitude: to.value.lon,
      ...(type.value ? { vehicle_type: type.value } : {}),
      ...(at ? { pickup_at: at } : {}),
    };
  }

  function askPrice() {
    const asked = terms();
    const written = JSON.stringify(asked);
    if (asked === null) {
      quote = null;
      return fill(price);
    }
    if (quote?.terms === written) return;
    if (!town.has_tariff) {
      quote = { promise: Promise.resolve(), told: null, terms: written };
      return fill(price, t("by_agreement"));
    }
    fill(price, t("pricing"));
    const mine = { promise: /** @type {Promise<any>} */ (session.request("POST", "/api/quotes", { body: asked })), told: /** @type {any} */ (null), terms: written };
    quote = mine;
    mine.promise = mine.promise.then(
      (answer) => {
        mine.told = answer;
        if (quote === mine) showPrice(answer);
      },
      (error) => {
        if (quote === mine) fill(price, error instanceof Refused && error.code === "no_tariff" ? t("by_agreement") : errorText(error, texts));
      },
    );
  }

  /** @param {{ fare: number, currency: string, distance_km: number, duration_minutes: number, eta_s?: number | null }} answer */
  function showPrice({ fare, currency, distance_km, duration_minutes, eta_s }) {
    const money = texts.money(fare, currency);
    const way = `${texts.distance(distance_km * 1_000)}, ${texts.duration(duration_minutes * 60)}`;
    const near = typeof eta_s === "number" ? t("driver_in", { time: texts.duration(eta_s) }) : null;
    fill(price, el("strong", { class: "money", dir: "ltr" }, money), " ", el("span", { class: "muted" }, near ?? way));
    announcer.say(t("price_is", { money, way }));
  }

  // -- booking

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void doBook();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      event.stopPropagation();
      void doBook();
    } else if (event.key === "Escape" && !event.defaultPrevented) {
      event.preventDefault();
      event.stopPropagation();
      if (!list.hidden) return showCallers([]);
      if (isEmpty()) return desk.leaveField();
      empty();
    }
  });

  let isBusy = false;
  async function doBook() {
    if (isBusy) return;
    if (digitsOf(phone.input.value).length < LEAST_DIGITS) {
      phone.error(t("phone_wrong"));
      return phone.input.focus();
    }
    if (!hasPlace(from)) return from.focus();
    if (!hasPlace(to)) return to.focus();
    askPrice();
    isBusy = true;
    book.setAttribute("aria-disabled", "true");
    tell(t("booking_now"));
    try {
      await Promise.race([quote?.promise, sleep(WAIT_FOR_QUOTE_MS)]);
      await send();
    } catch (error) {
      refuse(error);
    } finally {
      isBusy = false;
      book.removeAttribute("aria-disabled");
    }
  }

  async function send() {
    const body = {
      passenger_phone: phone.input.value.trim(),
      ...(name.input.value.trim() ? { passenger_name: name.input.value.trim() } : {}),
      ...terms(),
      pickup_address: from.value?.name ?? "", dropoff_address: to.value?.name ?? "",
      ...(quote?.told?.quote_id ? { quote_id: quote.told.quote_id } : {}),
    };
    const written = JSON.stringify(body);
    // The same booking keeps its key, so that a second try after a lost answer is the same ride.
    if (written !== sentTerms) key = crypto.randomUUID();
    sentTerms = written;
    const ride = await session.request("POST", "/api/rides", { body, idempotencyKey: key });
    clear();
    phone.input.focus();
    desk.send({ type: "ride", ride: ride.ride_id });
    setTimeout(() => booked(ride), ASKED_AFTER_MS);
  }

  /** @param {Record<string, any>} ride */
  function booked(ride) {
    const n = desk.board.rides.get(ride.ride_id)?.asked?.length ?? 0;
    const id = ride.ride_id.slice(0, 6);
    let sentence = n > 0 ? t("booked", { n, id }) : t("booked_nobody_asked", { id });
    if (ride.status === "scheduled") sentence = t("booked_ahead", { time: texts.dayAndTime(new Date(ride.pickup_at)), id });
    tell(sentence);
    announcer.say(sentence);
  }

  /** @param {unknown} error */
  function refuse(error) {
    const words = error instanceof NoAnswer ? t("book_again_same") : errorText(error, texts);
    tell("");
    announcer.call(words);
    const where = error instanceof Refused ? FIELDS[error.field ?? ""] : undefined;
    if (where === "phone") phone.error(words);
    else if (where === "name") name.error(words);
    else if (error instanceof Refused && error.field?.startsWith("pickup_l")) from.error(words);
    else if (error instanceof Refused && error.field?.startsWith("dropoff_l")) to.error(words);
    else tell(words, "error");
    if (error instanceof Refused && error.code === "quote_expired") quote = null;
    askPrice();
  }

  // -- emptying, with a way back

  function isEmpty() {
    return [phone.input, name.input, from.input, to.input].every(({ value }) => value === "");
  }

  function clear() {
    for (const one of [phone, name]) {
      one.input.value = "";
      one.error(null);
    }
    from.set(null);
    to.set(null);
    whenChoice.value = "now";
    when.hidden = true;
    when.value = "";
    type.value = "";
    known = null;
    quote = null;
    sentTerms = "";
    looking = null;
    fill(price);
    showCallers([]);
    drawUsual();
    tell("");
    desk.showEnds(null, null);
  }

  function empty() {
    const was = { phone: phone.input.value, name: name.input.value, from: from.value, to: to.value, known };
    clear();
    phone.input.focus();
    const undo = () => {
      phone.input.value = was.phone;
      name.input.value = was.name;
      from.set(was.from);
      to.set(was.to);
      known = was.known;
      drawUsual();
      tell("");
      ends(null);
    };
    const back = el("button", { type: "button", class: "chip", test: "undo", on: { click: undo } }, t("undo"));
    fill(told, t("emptied"), " ", back);
    announcer.say(t("emptied"));
    setTimeout(() => back.isConnected && tell(""), UNDO_MS);
  }

  /** @param {string} text @param {string} [kind] */
  function tell(text, kind = "") {
    told.className = `book-told ${kind}`;
    fill(told, text);
  }

  return {
    element: form,
    focus: () => phone.input.focus(),
    edit: () => {},
    again(ride) {
      clear();
      phone.input.value = ride.passenger_phone ? `+${ride.passenger_phone}` : "";
      name.input.value = ride.passenger_name ?? "";
      from.set({ name: ride.pickup_address, lat: ride.pickup_latitude, lon: ride.pickup_longitude });
      to.set({ name: ride.dropoff_address, lat: ride.dropoff_latitude, lon: ride.dropoff_longitude });
      ends(null);
      tell(t("again_told"));
    },
  };
}

/** @param {NamedPlace} place */
function asPlace({ address, latitude, longitude }) {
  return { name: address, lat: latitude, lon: longitude };
}

/** @param {KeyboardEvent} event */
function isEnter(event) {
  return event.key === "Enter" && !event.ctrlKey && !event.isComposing;
}

/** @param {number} ms */
function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
