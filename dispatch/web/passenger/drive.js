/** A ride with a driver: on the way, at the pickup, and on the trip. One view, so that nothing under a finger moves without need. */

import { code, el, fill, said } from "../shell/dom.js";
import { Eta } from "../shell/eta.js";
import { button } from "../shell/form.js";
import { cancelControls } from "./cancel.js";
import { callButton, clockUntil, frame, isWholeNumber, write } from "./parts.js";
import { payLine } from "./searching.js";
import { nameOf, typeName } from "./speech.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {import("./state.js").Ride} Ride */

const SPOKEN_AT = new Set([5, 2, 1]);
const RISE_SPOKEN_MIN = 3;
const LAST_FREE_MS = 60_000;
/** A clock inside a sentence breaks across lines as the sentence does. */
const SENTENCE = { className: "tabular" };

/**
 * @param {App} app
 * @returns {import("./app.js").View}
 */
export function driveView(app) {
  const { texts: t } = app;
  const heading = el("h1", { tabindex: "-1", class: "eta", test: "eta" });
  const about = el("p", { class: "muted tabular" });
  const card = el("div", { class: "driver-card", test: "driver-card" });
  const pin = el("p", { class: "row" });
  const waiting = waitingClocks(app);
  const fare = el("p", { class: "fare" });
  const call = el("div");
  const help = button({ label: t.say("passenger.help"), test: "help", run: () => app.actions.help() });
  const cancel = cancelControls(app);
  const { element } = frame("drive", [heading, about, card, pin, waiting.element, fare], [call, cancel.element, help]);
  const eta = arrival(app, heading, about);
  const beat = setInterval(() => eta.draw(/** @type {Ride} */ (app.state.ride)), 1_000);
  let drawnCard = "";

  return {
    element,
    heading,
    update(state) {
      const ride = /** @type {Ride} */ (state.ride);
      eta.draw(ride);
      const as = JSON.stringify([ride.driver, ride.pin, ride.phase]);
      if (as !== drawnCard) {
        drawnCard = as;
        drawCard(card, ride, t);
        drawPin(pin, ride, app);
        const phone = ride.driver?.phone;
        fill(call, isWholeNumber(phone) && callButton(t.say("passenger.call", { name: nameOf(ride, t) }), /** @type {string} */ (phone), "call"));
      }
      waiting.update(ride);
      write(fare, payLine(ride, app));
      cancel.update(state);
      help.hidden = ride.phase !== "trip";
    },
    stop() {
      clearInterval(beat);
      waiting.stop();
      cancel.stop();
    },
  };
}

/**
 * The line that says when somebody arrives, and its announcements.
 *
 * @param {App} app
 * @param {HTMLElement} heading
 * @param {HTMLElement} about
 */
function arrival(app, heading, about) {
  const { texts: t, announcer } = app;
  let eta = new Eta();
  let phase = "";
  /** @type {number | null} */
  let heardAt = null;
  /** @type {number | null} */
  let minutes = null;

  /** @param {Ride} ride */
  const draw = (ride) => {
    if (ride.phase !== phase) {
      [phase, eta, heardAt, minutes] = [ride.phase, new Eta(), null, null];
    }
    if (ride.eta !== null && ride.eta.at !== heardAt) {
      heardAt = ride.eta.at;
      eta.heard(ride.eta.s, heardAt);
    }
    const now = performance.now();
    const shown = ride.phase === "here" ? null : eta.shown(now);
    const name = nameOf(ride, t);
    if (ride.phase === "here") write(heading, t.say("passenger.is_here", { name }));
    else if (ride.phase === "trip") write(heading, t.say("passenger.to_address", { address: ride.terms.dropoff.name || t.say("passenger.point") }));
    else if (shown === null) write(heading, t.say("passenger.is_coming", { name }));
    else write(heading, shown.minutes === 0 ? t.say("passenger.arriving_now", { name }) : t.say("passenger.arrives_in", { name, n: shown.minutes }));
    about.hidden = shown === null;
    if (shown === null) return;
    const wall = (/** @type {number} */ at) => t.time(new Date(app.client.session.serverNow() + at - now));
    const inMinutes = shown.longer ? t.say("passenger.longer", { n: shown.minutes }) : ride.phase === "trip" ? t.say("passenger.minutes", { n: Math.max(1, shown.minutes) }) : "";
    const when = shown.old ? t.say("shell.as_of", { time: wall(shown.heardAt) }) : t.say("passenger.about", { time: wall(shown.arrivesAt) });
    write(about, [inMinutes, when].filter(Boolean).join(" · "));
    app.stage.old(shown.old);
    if (minutes !== null && ride.phase === "coming" && shown.minutes !== minutes && (SPOKEN_AT.has(shown.minutes) || shown.minutes - minutes >= RISE_SPOKEN_MIN)) {
      announcer.say(t.say("passenger.spoken_minutes", { name, n: shown.minutes }));
    }
    minutes = shown.minutes;
  };
  return { draw };
}

/** @param {HTMLElement} card @param {Ride} ride @param {import("../shell/texts.js").Texts} texts */
function drawCard(card, { driver }, texts) {
  if (driver === null) return fill(card);
  const rating = driver.rating === null ? "" : `★ ${texts.rating(driver.rating)}`;
  fill(
    card,
    code(driver.plate, "plate"), el("span", {}, typeName(driver.type)),
    el("span", { class: "driver-name" }, said(driver.name), " ", code(rating)),
  );
}

/** @param {HTMLElement} line @param {Ride} ride @param {App} app */
function drawPin(line, { pin, phase }, { texts: t }) {
  line.hidden = pin === null || phase === "trip";
  if (pin === null) return fill(line);
  const number = code(pin, "pin");
  number.dataset.test = "pin";
  fill(line, el("span", {}, t.say(phase === "here" ? "passenger.say_pin" : "passenger.pin")), number);
}

/**
 * What waiting costs, and until when the driver stays.
 *
 * @param {App} app
 */
function waitingClocks(app) {
  const { texts: t, announcer } = app;
  const money = (/** @type {number} */ sum) => t.money(sum, app.state.ride?.terms.currency);
  const free = clockUntil((clock, leftS) => {
    if (leftS !== null && leftS * 1_000 === LAST_FREE_MS) announcer.say(t.say("passenger.free_minute"));
    const perMinute = app.state.ride?.waiting?.perMinute ?? 0;
    return leftS === 0 ? t.say("passenger.waiting_costs", { money: money(perMinute) }) : t.say("passenger.waiting_free", { clock, money: money(perMinute) });
  }, SENTENCE);
  const leave = clockUntil((clock, leftS) => {
    const ride = /** @type {Ride} */ (app.state.ride);
    const name = nameOf(ride, t);
    const fee = ride.waiting?.noShowFee ?? 0;
    if (leftS === 0) return fee > 0 ? t.say("passenger.may_leave_now_fee", { name, money: money(fee) }) : t.say("passenger.may_leave_now", { name });
    return fee > 0 ? t.say("passenger.may_leave_fee", { name, clock, money: money(fee) }) : t.say("passenger.may_leave", { name, clock });
  }, SENTENCE);
  const element = el("div", { class: "stack" }, el("p", {}, free.element), el("p", {}, leave.element));
  return {
    element,
    /** @param {Ride} ride */
    update({ phase, waiting }) {
      element.hidden = phase !== "here" || waiting === null;
      free.until(waiting !== null && waiting.perMinute > 0 ? waiting.freeUntil : null);
      leave.until(waiting?.noShowAt ?? null);
    },
    stop() {
      free.stop();
      leave.stop();
    },
  };
}
