/** The row in which rides are booked for callers. It stands on every view, and a whole booking is done by the keyboard alone. */

import { NoAnswer, Refused } from "../client/errors.js";
import { el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button, field } from "../shell/form.js";
import { streetField } from "../map/street-field.js";
import { callerField } from "./book-caller.js";
import { bookingPrice } from "./book-price.js";
import { isEnter } from "./keys.js";
import { momentIn, placeIn } from "./reading.js";
import { keyCap } from "./shapes.js";

const UNDO_MS = 10_000;
const ASKED_AFTER_MS = 800;

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {import("./book-caller.js").Caller} Caller */
/** @typedef {import("./book-caller.js").NamedPlace} NamedPlace */
/** @typedef {import("../map/street-field.js").StreetField} StreetField */

/**
 * @param {Desk} desk
 * @returns {{ element: HTMLElement, focus(): void, again(ride: Record<string, any>): void }} `again`: fills it with a ride that ended
 *   without a driver
 */
export function bookingRow(desk) {
  const row = new BookingRow(desk);
  return { element: row.element, focus: () => row.caller.input.focus(), again: (ride) => row.again(ride) };
}

class BookingRow {
  /** Who calls, where that is known. @type {Caller | null} */
  #known = null;
  #isBusy = false;
  #key = crypto.randomUUID();
  #sent = "";

  /** @param {Desk} desk */
  constructor(desk) {
    this.desk = desk;
    const { page, session, streets } = desk;
    const { texts, town, announcer } = page;
    const t = this.t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
    this.caller = callerField({
      session, t,
      changed: () => this.#knows(null),
      next: () => this.name.input.focus(),
      chosen: (caller) => this.#isCaller(caller),
      isUntouched: () => this.name.input.value === "" && this.from.value === null && this.from.input.value === "",
    });
    this.price = bookingPrice({ page, session, t });
    this.name = field({ id: "book-name", label: t("name"), autocomplete: "off" });
    this.from = streetField({ id: "book-from", label: t("from"), texts, streets, announcer, onChosen: (place) => place && this.#ends(this.to) });
    this.to = streetField({ id: "book-to", label: t("to"), texts, streets, announcer, onChosen: (place) => place && this.#ends(null) });
    this.when = el("input", { id: "book-when", type: "datetime-local", hidden: true, "aria-label": t("pickup_time") });
    this.whenChoice = el("select", { id: "book-now" }, el("option", { value: "now" }, t("now")), el("option", { value: "later" }, t("later")));
    this.type = el("select", { id: "book-type" }, el("option", { value: "" }, t("any_type")), ...town.vehicle_types.map((one) => el("option", { value: one }, one)));
    this.usual = el("div", { class: "usual", hidden: true, role: "group", "aria-label": t("usual") });
    this.told = el("p", { class: "book-told", role: "none" });
    this.book = button({ label: t("book"), kind: "primary", wide: false, test: "call-booking", type: "submit" });
    this.book.append(keyCap("Ctrl ↵"));
    this.element = el("form", { class: "booking", "aria-label": t("booking"), novalidate: true, autocomplete: "off" },
      el("div", { class: "book-fields" },
        this.caller.element, this.name.element, this.from.element,
        el("div", { class: "book-to" }, this.to.element, this.usual),
        el("div", { class: "field book-when" }, el("label", { for: "book-now" }, t("when")), this.whenChoice, this.when),
        el("div", { class: "field" }, el("label", { for: "book-type" }, t("type")), this.type),
        el("div", { class: "book-do" }, this.price.element, this.book)),
      this.told);
    this.#listen();
  }

  #listen() {
    /** @param {StreetField} end @param {StreetField | null} next */
    const goesOn = (end, next) => (/** @type {KeyboardEvent} */ event) => {
      if (!isEnter(event) || event.defaultPrevented) return;
      event.preventDefault();
      if (this.#hasPlace(end)) this.#ends(next);
    };
    this.name.input.addEventListener("keydown", (event) => {
      if (!isEnter(event)) return;
      event.preventDefault();
      this.from.input.focus();
    });
    this.from.input.addEventListener("keydown", goesOn(this.from, this.to));
    this.to.input.addEventListener("keydown", (event) => this.#usualKey(event));
    this.to.input.addEventListener("keydown", goesOn(this.to, null));
    this.whenChoice.addEventListener("change", () => {
      this.when.hidden = this.whenChoice.value === "now";
      if (!this.when.hidden) this.when.focus();
      this.#askPrice();
    });
    for (const control of [this.when, this.type]) control.addEventListener("change", () => this.#askPrice());
    this.element.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#doBook();
    });
    this.element.addEventListener("keydown", (event) => this.#rowKey(event));
  }

  /** Keys that do the same in every field. @param {KeyboardEvent} event */
  #rowKey(event) {
    const books = event.key === "Enter" && event.ctrlKey;
    if (!books && (event.key !== "Escape" || event.defaultPrevented)) return;
    event.preventDefault();
    event.stopPropagation();
    if (books) return void this.#doBook();
    if (this.caller.close()) return;
    const inputs = [this.caller.input, this.name.input, this.from.input, this.to.input];
    if (inputs.every(({ value }) => value === "")) return this.desk.leaveField();
    this.#empty();
  }

  // -- who calls

  /** @param {Caller | null} caller */
  #knows(caller) {
    this.#known = caller;
    const places = caller?.dropoffs ?? [];
    this.usual.hidden = places.length === 0;
    fill(this.usual, ...places.map((one, at) => el("button", { type: "button", class: "chip", on: { click: () => this.#takeUsual(at) } }, keyCap(String(at + 1)), said(one.address))));
  }

  /** @param {Caller} caller */
  #isCaller(caller) {
    this.#knows(caller);
    this.name.input.value = caller.name;
    if (caller.pickup) this.from.set(asPlace(caller.pickup));
    this.#say(this.t("known_caller", { name: caller.name, n: caller.rides }));
    this.from.focus();
  }

  /** Takes one of the caller's usual drop-offs. @param {number} at @returns {boolean} whether there is such a one */
  #takeUsual(at) {
    const place = this.#known?.dropoffs[at];
    if (!place) return false;
    this.to.set(asPlace(place));
    this.#ends(null);
    return true;
  }

  /** @param {KeyboardEvent} event */
  #usualKey(event) {
    const isAlone = !event.ctrlKey && !event.altKey && !event.metaKey && this.to.input.value === "";
    if (/^[1-5]$/.test(event.key) && isAlone && this.#takeUsual(Number(event.key) - 1)) event.preventDefault();
  }

  // -- from where to where, and for how much

  /** Whether an end is a place; coordinates that were typed are one. @param {StreetField} end */
  #hasPlace(end) {
    const typed = end.value === null ? placeIn(end.input.value) : null;
    if (typed !== null) end.set(typed);
    if (end.value === null) end.error(this.t(end.input.value.trim() ? "no_such_street" : "place_missing"));
    return end.value !== null;
  }

  /** An end stands: ask for the price where both do, and go on. @param {StreetField | null} next */
  #ends(next) {
    this.#askPrice();
    this.desk.showEnds(this.from.value, this.to.value);
    if (next !== null && next.value === null) next.focus();
    else if (this.from.value === null) this.from.focus();
    else if (this.to.value === null) this.to.focus();
    else this.book.focus();
  }

  #terms() {
    const [from, to] = [this.from.value, this.to.value];
    if (from === null || to === null) return null;
    const at = this.whenChoice.value === "later" && this.when.value ? momentIn(this.when.value, this.desk.page.town.time_zone) : null;
    return {
      pickup_latitude: from.lat, pickup_longitude: from.lon,
      dropoff_latitude: to.lat, dropoff_longitude: to.lon,
      ...(this.type.value ? { vehicle_type: this.type.value } : {}),
      ...(at ? { pickup_at: at } : {}),
    };
  }

  #askPrice() {
    this.price.ask(this.#terms());
  }

  // -- booking

  async #doBook() {
    if (this.#isBusy) return;
    if (!this.caller.isThere()) return this.caller.input.focus();
    for (const end of [this.from, this.to]) if (!this.#hasPlace(end)) return end.focus();
    this.#askPrice();
    this.#isBusy = true;
    this.book.setAttribute("aria-disabled", "true");
    this.#tell(this.t("booking_now"));
    try {
      await this.#send(await this.price.come());
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#isBusy = false;
      this.book.removeAttribute("aria-disabled");
    }
  }

  /** @param {string | null} quoteId */
  async #send(quoteId) {
    const { desk } = this;
    const name = this.name.input.value.trim();
    const body = {
      passenger_phone: this.caller.input.value.trim(),
      ...(name ? { passenger_name: name } : {}),
      ...this.#terms(),
      pickup_address: this.from.value?.name ?? "", dropoff_address: this.to.value?.name ?? "",
      ...(quoteId ? { quote_id: quoteId } : {}),
    };
    const written = JSON.stringify(body);
    // The same booking keeps its key, so that a second try after a lost answer is the same ride.
    if (written !== this.#sent) this.#key = crypto.randomUUID();
    this.#sent = written;
    const ride = await desk.session.request("POST", "/api/rides", { body, idempotencyKey: this.#key });
    this.#clear();
    this.caller.input.focus();
    desk.send({ type: "ride", ride: ride.ride_id });
    setTimeout(() => this.#booked(ride), ASKED_AFTER_MS);
  }

  /** @param {Record<string, any>} ride */
  #booked(ride) {
    const n = this.desk.board.rides.get(ride.ride_id)?.asked?.length ?? 0;
    const id = ride.ride_id.slice(0, 6);
    const { texts } = this.desk.page;
    if (ride.status === "scheduled") this.#say(this.t("booked_ahead", { time: texts.dayAndTime(new Date(ride.pickup_at)), id }));
    else this.#say(n > 0 ? this.t("booked", { n, id }) : this.t("booked_nobody_asked", { id }));
  }

  /** @param {unknown} error */
  #refuse(error) {
    const { texts, announcer } = this.desk.page;
    const words = error instanceof NoAnswer ? this.t("book_again_same") : errorText(error, texts);
    const wrong = error instanceof Refused ? String(error.field ?? "") : "";
    this.#tell("");
    announcer.call(words);
    if (wrong === "passenger_phone") this.caller.error(words);
    else if (wrong === "passenger_name") this.name.error(words);
    else if (wrong.startsWith("pickup_l")) this.from.error(words);
    else if (wrong.startsWith("dropoff_l")) this.to.error(words);
    else this.#tell(words, "error");
    if (error instanceof Refused && error.code === "quote_expired") this.price.forget();
    this.#askPrice();
  }

  // -- filling and emptying, with a way back

  #clear() {
    this.caller.set("");
    this.name.input.value = "";
    this.name.error(null);
    this.from.set(null);
    this.to.set(null);
    this.whenChoice.value = "now";
    this.when.hidden = true;
    this.when.value = "";
    this.type.value = "";
    this.#sent = "";
    this.#knows(null);
    this.price.ask(null);
    this.#tell("");
    this.desk.showEnds(null, null);
  }

  #empty() {
    const { t } = this;
    const was = { phone: this.caller.input.value, name: this.name.input.value, from: this.from.value, to: this.to.value, known: this.#known };
    this.#clear();
    this.caller.input.focus();
    const undo = () => {
      this.caller.set(was.phone);
      this.name.input.value = was.name;
      this.from.set(was.from);
      this.to.set(was.to);
      this.#knows(was.known);
      this.#tell("");
      this.#ends(null);
    };
    const back = el("button", { type: "button", class: "chip", test: "undo", on: { click: undo } }, t("undo"));
    fill(this.told, t("emptied"), " ", back);
    this.desk.page.announcer.say(t("emptied"));
    setTimeout(() => back.isConnected && this.#tell(""), UNDO_MS);
  }

  /** Fills the row with a ride that ended without a driver. @param {Record<string, any>} ride */
  again(ride) {
    this.#clear();
    this.caller.set(ride.passenger_phone ? `+${ride.passenger_phone}` : "");
    this.name.input.value = ride.passenger_name ?? "";
    this.from.set({ name: ride.pickup_address, lat: ride.pickup_latitude, lon: ride.pickup_longitude });
    this.to.set({ name: ride.dropoff_address, lat: ride.dropoff_latitude, lon: ride.dropoff_longitude });
    this.#ends(null);
    this.#tell(this.t("again_told"));
  }

  /** Says it to the eye. @param {string} text @param {string} [kind] */
  #tell(text, kind = "") {
    this.told.className = `book-told ${kind}`;
    fill(this.told, text);
  }

  /** Says it to the eye and the ear. @param {string} text */
  #say(text) {
    this.#tell(text);
    this.desk.page.announcer.say(text);
  }
}

/** @param {NamedPlace} place */
function asPlace({ address, latitude, longitude }) {
  return { name: address, lat: latitude, lon: longitude };
}
