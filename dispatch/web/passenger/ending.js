/** How a ride ended: the receipt with its lines and the rating under it, nobody who could come, or a ride that was cancelled. */

import { el, fill, said } from "../shell/dom.js";
import { button, field } from "../shell/form.js";
import { callButton, frame, money, routeOf, write } from "./parts.js";
import { endText, nameOf, nobodyText, toPay } from "./speech.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./state.js").Ride} Ride */

const LINES = new Set(["base", "distance", "time", "night", "demand", "minimum", "waiting"]);
const STARS = [1, 2, 3, 4, 5];

/**
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function receiptView(app) {
  const { texts: t } = app;
  const heading = el("h1", { tabindex: "-1" }, t.say("passenger.trip_done"));
  const sum = el("p", { class: "huge-number" });
  const how = el("p");
  const lines = el("dl", { class: "lines" });
  const driven = el("p", { class: "muted" });
  const receipt = el("div", { class: "stack", test: "receipt" }, sum, how, lines, driven);
  const rating = ratingForm(app);
  const again = button({ label: t.say("passenger.book_again"), test: "again", run: () => app.actions.leave() });
  const { element } = frame("receipt", [heading, receipt, rating.element], [rating.send, again]);
  return {
    element,
    heading,
    update(state) {
      const ride = /** @type {Ride} */ (state.ride);
      const paid = ride.receipt;
      if (paid === null) return;
      const { currency } = ride.terms;
      sum.hidden = paid.byAgreement;
      fill(sum, money(t.money(paid.fare, currency)));
      const cash = paid.payment === "cash" && !paid.byAgreement;
      fill(how, cash ? t.say("passenger.pay_cash_to", { name: nameOf(ride, t) }) : toPay(ride, t));
      drawLines(lines, ride, app);
      const { km, minutes } = paid;
      driven.hidden = km === null || minutes === null;
      if (km !== null && minutes !== null) write(driven, t.say("passenger.driven", { distance: t.distance(km * 1_000), duration: t.duration(minutes * 60) }));
      rating.update(ride);
    },
  };
}

/** The lines of a fare in their order; one that we have no word for goes by its own name. @param {HTMLElement} list @param {Ride} ride @param {App} app */
function drawLines(list, { receipt, terms }, { texts: t }) {
  const parts = receipt?.breakdown ?? [];
  if (receipt === null || parts.length === 0) return fill(list);
  const rows = parts.filter(([, amount]) => amount !== 0).flatMap(([name, amount]) => {
    const label = LINES.has(name) ? t.say(`passenger.line_${name}`) : said(name);
    return [el("dt", {}, label), el("dd", {}, money(t.money(amount, terms.currency)))];
  });
  fill(list, ...rows, el("dt", { class: "total" }, t.say("passenger.total")), el("dd", { class: "total" }, money(t.money(receipt.fare, terms.currency))));
}

/** @param {App} app */
function ratingForm(app) {
  const { texts: t, announcer } = app;
  const title = el("legend", { class: "label" });
  const wrong = el("p", { class: "error", hidden: true });
  const labels = STARS.map((n) => {
    const radio = el("input", { type: "radio", name: "stars", value: n, test: `star-${n}`, "aria-label": t.say("passenger.stars", { n }) });
    const label = el("label", {}, radio, String(n));
    radio.addEventListener("change", () => {
      labels.forEach((other, at) => other.classList.toggle("chosen", at < n));
      wrong.hidden = true;
      more.element.hidden = false;
    });
    return label;
  });
  const more = field({ id: "comment", label: t.say("passenger.say_more"), maxlength: 300, dir: "auto", test: "comment" });
  const thanks = el("p", { tabindex: "-1", hidden: true });
  const send = async () => {
    const chosen = /** @type {HTMLInputElement | null} */ (form.querySelector("input[name=stars]:checked"));
    if (chosen === null) {
      fill(wrong, t.say("passenger.choose_stars"));
      wrong.hidden = false;
      announcer.call(t.say("passenger.choose_stars"));
      return;
    }
    const failed = await app.actions.rate(Number(chosen.value), more.input.value.trim());
    if (failed === null) return;
    fill(wrong, failed);
    wrong.hidden = false;
    announcer.call(failed);
  };
  const rate = button({ label: t.say("passenger.send"), kind: "primary", test: "rate", run: send });
  const form = el(
    "form", { class: "stack", on: { submit: (/** @type {Event} */ event) => event.preventDefault() } },
    el("fieldset", {}, title, el("div", { class: "stars" }, ...labels), el("div", { class: "ends", "aria-hidden": "true" }, el("span", {}, t.say("passenger.bad")), el("span", {}, t.say("passenger.good")))),
    wrong, more.element,
  );
  more.element.hidden = true;
  const element = el("div", { class: "stack" }, form, thanks);
  return {
    element,
    send: rate,
    /** @param {Ride} ride */
    update(ride) {
      write(title, t.say("passenger.how_was", { name: nameOf(ride, t) }));
      const had = form.contains(document.activeElement) || document.activeElement === rate;
      form.hidden = ride.rated;
      rate.hidden = ride.rated;
      thanks.hidden = !ride.rated;
      if (!ride.rated) return;
      write(thanks, t.say("passenger.thank_you", { name: nameOf(ride, t) }));
      if (had) thanks.focus();
    },
  };
}

/**
 * Nobody could come, or the ride was cancelled.
 *
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function endedView(app) {
  const { texts: t, town } = app;
  const heading = el("h1", { tabindex: "-1", test: "ended" });
  const what = el("p");
  const route = el("div");
  const again = button({ label: t.say("passenger.search_again"), kind: "primary", test: "again", run: () => app.actions.searchAgain() });
  const later = button({ label: t.say("passenger.book_later"), run: () => app.actions.bookLater() });
  const other = button({ label: t.say("passenger.book_again"), test: "leave", run: () => app.actions.leave() });
  const desk = town.desk_phone ? callButton(t.say("passenger.call_desk"), town.desk_phone) : null;
  const { element } = frame("ended", [heading, what, route], [again, later, other, desk]);
  return {
    element,
    heading,
    update(state) {
      const ride = /** @type {Ride} */ (state.ride);
      const nobody = ride.phase === "nobody";
      write(heading, t.say(nobody ? "passenger.nobody_could_come" : "passenger.ride_cancelled"));
      write(what, nobody ? nobodyText(ride, t) : endText(ride, t).replace(`${t.say("passenger.cancelled")} `, ""));
      fill(route, routeOf(ride.terms, t));
      const mayRepeat = nobody || ride.end?.by === "system";
      again.hidden = !mayRepeat;
      later.hidden = !nobody;
      other.hidden = nobody;
    },
  };
}
