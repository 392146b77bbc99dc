/** A ride without a driver: who is asked, which round, and until when; and one that was booked ahead. */

import { el, fill } from "../shell/dom.js";
import { button } from "../shell/form.js";
import { cancelControls } from "./cancel.js";
import { clockUntil, frame, routeOf, write } from "./parts.js";
import { fareText } from "./speech.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./state.js").Ride} Ride */

/**
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function searchingView(app) {
  const { texts: t } = app;
  const heading = el("h1", { tabindex: "-1", test: "searching" });
  const segments = el("div", { class: "segments", role: "img" });
  const round = el("p");
  const clock = clockUntil((left) => roundText(app, left), { className: "tabular", test: "round" });
  const open = el("p", { class: "muted" }, t.say("passenger.keep_open"));
  const route = el("div");
  const fare = el("p", { class: "fare" });
  const cancel = cancelControls(app);
  const { element } = frame("searching", [heading, segments, round, clock.element, open, route, fare], [cancel.element]);

  return {
    element,
    heading,
    update(state) {
      const ride = /** @type {Ride} */ (state.ride);
      const search = ride.search;
      write(heading, search === null || search.asked === 0 ? t.say("passenger.looking_for_driver") : t.say("passenger.asking", { n: search.asked }));
      drawSegments(segments, search, app);
      write(round, search?.asked === 0 ? t.say("passenger.nobody_near_yet") : search !== null && search.ends === null ? t.say("passenger.round", { round: search.round }) : "");
      round.hidden = round.textContent === "";
      clock.until(search !== null && search.asked > 0 ? search.ends : null);
      fill(route, routeOf(ride.terms, t));
      write(fare, payLine(ride, app));
      cancel.update(state);
    },
    stop() {
      clock.stop();
      cancel.stop();
    },
  };
}

/** @param {App} app @param {string} clock */
function roundText({ texts: t, state }, clock) {
  return t.say("passenger.round_clock", { round: state.ride?.search?.round ?? 1, clock });
}

/**
 * One piece for each round, as many as there are at most: they tell rounds, not time.
 *
 * @param {HTMLElement} box
 * @param {Ride["search"]} search
 * @param {App} app
 */
function drawSegments(box, search, { texts: t }) {
  const most = search?.roundsMax ?? 0;
  box.hidden = search === null || most < 2;
  if (search === null || box.hidden) return;
  box.setAttribute("aria-label", t.say("passenger.rounds_of", { round: search.round, max: most }));
  const kind = (/** @type {number} */ at) => (at < search.round ? "past" : at === search.round ? "now" : "next");
  fill(box, ...Array.from({ length: Math.min(most, 12) }, (_, at) => el("span", { class: kind(at + 1) })));
}

/** The fare and how it is paid. @param {Ride} ride @param {App} app */
export function payLine({ terms }, { texts: t }) {
  const how = t.say(terms.payment === "card" ? "passenger.card" : "passenger.cash");
  return `${fareText(terms, t)} · ${how}`;
}

/**
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function scheduledView(app) {
  const { texts: t, town } = app;
  const heading = el("h1", { tabindex: "-1", test: "scheduled" });
  const from = el("p");
  const route = el("div");
  const fare = el("p", { class: "fare" });
  const change = button({ label: t.say("passenger.change"), test: "change", run: () => app.actions.change() });
  const another = button({ label: t.say("passenger.book_another"), kind: "plain", run: () => app.actions.leave() });
  const cancel = cancelControls(app);
  const { element } = frame("scheduled", [heading, from, route, fare], [change, cancel.element, another]);
  return {
    element,
    heading,
    update(state) {
      const ride = /** @type {Ride} */ (state.ride);
      const at = new Date(ride.terms.pickupAt ?? app.client.session.serverNow());
      write(heading, t.say("passenger.booked_for", { when: dayAndTime(at, app) }));
      write(from, t.say("passenger.search_from", { time: dayAndTime(new Date(at.getTime() - town.schedule_lead_s * 1_000), app) }));
      fill(route, routeOf(ride.terms, t));
      write(fare, payLine(ride, app));
      cancel.update(state);
    },
    stop: () => cancel.stop(),
  };
}

/** A time of the town, with its day where that is not today. @param {Date} at @param {App} app */
export function dayAndTime(at, { texts: t, town, client }) {
  const day = new Intl.DateTimeFormat(t.locale, { weekday: "short", day: "numeric", month: "short", timeZone: town.time_zone });
  return day.format(at) === day.format(new Date(client.session.serverNow())) ? t.time(at) : `${day.format(at)}, ${t.time(at)}`;
}
