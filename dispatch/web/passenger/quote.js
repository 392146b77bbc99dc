/** What it costs: every vehicle type in one list, how to pay, and the button that books for this price. */

import { el, fill, said } from "../shell/dom.js";
import { button, field } from "../shell/form.js";
import { clockUntil, frame, money, routeOf, write } from "./parts.js";
import { typeName } from "./speech.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./trips.js").Offer} Offer */

const SLOW_MS = 4_000;

/**
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function quoteView(app) {
  const { texts: t, town } = app;
  const heading = el("h1", { tabindex: "-1", class: "hidden-text" }, t.say("passenger.see_price"));
  const back = button({ label: t.say("shell.back"), wide: false, test: "back", run: () => app.actions.back() });
  const about = el("p", { class: "muted" });
  const list = el("fieldset", { class: "list" });
  const changed = el("p", { class: "not-booked", hidden: true });
  const holds = clockUntil((clock) => t.say("passenger.price_holds", { clock }), { onEnd: () => app.actions.priceEnded(), className: "small tabular" });
  const terms = el("p", { class: "muted small" }, cancelTerms(app));
  const note = field({ id: "note", label: t.say("passenger.note"), test: "note", maxlength: 300, value: app.state.form.note, dir: "auto", placeholder: t.say("passenger.note_hint") });
  note.input.addEventListener("input", () => app.fill({ note: note.input.value }));
  const pay = payChoice(app);
  const slow = el("p", { class: "muted", hidden: true }, t.say("shell.slow"));
  const book = button({ label: t.say("passenger.getting_price"), kind: "primary", test: "book", run: () => app.actions.book() });
  const again = button({ label: t.say("shell.try_again"), run: () => app.actions.askPrice() });
  const takeBack = button({ label: t.say("shell.withdraw"), run: () => app.actions.takeBack() });
  const { element } = frame(
    "quote",
    [el("div", { class: "row" }, back, heading, about), routeOf(/** @type {any} */ (app.state.form), t), changed, list, pay, note.element, slow],
    [el("div", {}, holds.element, terms), book, again, takeBack],
  );
  let drawn = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let patience;

  return {
    element,
    heading,
    update({ quote, form, ride, link }) {
      const { offers, status, error, news } = quote;
      const chosen = offers.find((offer) => offer.vehicleType === form.vehicleType) ?? offers[0];
      const busy = ride !== null;
      const as = JSON.stringify([offers.map(({ vehicleType, fare }) => [vehicleType, fare]), chosen?.vehicleType, status]);
      if (as !== drawn) {
        drawn = as;
        drawOffers(list, offers, chosen, app);
      }
      write(about, chosen ? t.say("passenger.distance_time", { distance: t.distance(chosen.km * 1_000), duration: t.duration(chosen.minutes * 60) }) : "");
      holds.until(chosen?.ends ?? null);
      holds.element.hidden = !chosen || chosen.ends === null || busy;
      terms.hidden = !town.has_tariff;
      changed.hidden = error === null && news === null;
      if (error !== null) fill(changed, el("strong", {}, t.say("passenger.not_booked")), " ", error.text, " ", el("span", { class: "muted small" }, t.say("passenger.code", { code: error.code })));
      else fill(changed, news ?? "");
      write(book, bookLabel(chosen, { status, busy, waits: link !== "open" }, app));
      book.toggleAttribute("disabled", busy || chosen === undefined);
      takeBack.hidden = !busy || link === "open";
      again.hidden = status !== "failed";
      book.hidden = status === "failed";
      for (const control of [back, note.input]) control.toggleAttribute("disabled", busy);
      clearTimeout(patience);
      if (status === "asking" || (busy && link === "open")) patience = setTimeout(() => (slow.hidden = false), SLOW_MS);
      else slow.hidden = true;
    },
    stop() {
      clearTimeout(patience);
      holds.stop();
    },
  };
}

/**
 * @param {Offer | undefined} offer
 * @param {{ status: string, busy: boolean, waits: boolean }} how
 * @param {App} app
 */
function bookLabel(offer, { status, busy, waits }, { texts: t }) {
  if (busy) return waits ? t.say("shell.waiting_for_link") : t.say("passenger.booking");
  if (status === "asking" && offer === undefined) return t.say("passenger.getting_price");
  if (offer === undefined || offer.fare === null) return t.say("passenger.book_agreed");
  return t.say("passenger.book_for", { money: t.money(offer.fare, offer.currency) });
}

/**
 * @param {HTMLElement} list
 * @param {Offer[]} offers
 * @param {Offer | undefined} chosen
 * @param {App} app
 */
function drawOffers(list, offers, chosen, app) {
  const { texts: t } = app;
  const rows = offers.map((offer) => {
    const choose = () => app.fill({ vehicleType: offer.vehicleType });
    const name = offer.vehicleType === null ? t.say("passenger.any_vehicle") : typeName(offer.vehicleType);
    const price = offer.fare === null ? null : money(t.money(offer.fare, offer.currency));
    const radio = el("input", { type: "radio", name: "vehicle", value: offer.vehicleType ?? "", checked: offer === chosen, on: { change: choose } });
    const soon = offer.etaS === null ? null : el("span", { class: "muted small" }, t.duration(offer.etaS));
    return el("label", { class: "offer", test: "vehicle" }, radio, said(name), soon, el("span", { class: "offer-price" }, price));
  });
  const told = offers.length > 0 && offers[0].fare === null && el("p", {}, t.say("passenger.driver_tells"));
  const waiting = offers.length === 0 && el("div", { class: "skeleton", "aria-hidden": "true" });
  fill(list, el("legend", { class: "hidden-text" }, t.say("passenger.vehicle")), ...rows, told, waiting);
}

/** @param {App} app */
function payChoice(app) {
  const { texts: t, town } = app;
  if (!town.takes_cards) return el("p", { class: "muted" }, t.say("passenger.pay_in_cash"));
  const select = el(
    "select", { id: "pay", test: "pay" },
    el("option", { value: "cash", selected: app.state.form.payment === "cash" }, t.say("passenger.cash")),
    el("option", { value: "card", selected: app.state.form.payment === "card" }, t.say("passenger.card")),
  );
  select.addEventListener("change", () => app.fill({ payment: /** @type {"cash" | "card"} */ (select.value) }));
  return el("div", { class: "field" }, el("label", { for: "pay" }, t.say("passenger.pay")), select);
}

/** What cancelling costs, said before anything is booked. @param {App} app */
function cancelTerms({ texts: t, town }) {
  const { cancelling } = town;
  if (!cancelling || cancelling.fee === 0) return t.say("passenger.cancel_free");
  const clock = t.clock(cancelling.free_s);
  return t.say("passenger.cancel_terms", { clock, n: Math.round(cancelling.late_s / 60), money: t.money(cancelling.fee, town.currency) });
}
