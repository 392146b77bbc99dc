/** The screens of a ride: to the pickup, at the pickup, on the trip. */

import { confirm } from "../shell/dialog.js";
import { drawClock } from "../shell/clock.js";
import { latinDigits } from "../shell/login.js";
import { address, callLink, canCall, el, heading, navigateLink, put, row, said, show } from "./layout.js";
import { stepButton } from "./step.js";
import { FAR_M, pickupOf } from "./way.js";
import { apart, fareText, nameOf, paidBy } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Ride} Ride */
/** @typedef {import("./view.js").Scene} Scene */
/** @typedef {import("./layout.js").Screen} Screen */

const PIN_DIGITS = 4;

/** @param {Scene} scene @param {Ride} ride @returns {Screen} */
export function pickupScreen(scene, ride) {
  const { texts: t, actions } = scene;
  const title = heading(t.say("driver.pickup"));
  const away = el("span", { class: "big-number" });
  const facts = rideFacts(scene, ride);
  const arrived = stepButton({
    ...scene.steps, texts: t, step: "arrived", label: t.say("driver.arrived"), test: "arrived", kind: "accept", big: true,
    run: async () => {
      const metres = scene.metresTo(pickupOf(ride));
      if (metres !== null && metres > FAR_M && !(await askFar(scene, metres))) return;
      actions.step("arrived", ride.ride_id);
    },
  });
  const giveBack = stepButton({
    ...scene.steps, texts: t, step: "cancel_ride", label: t.say("driver.give_back"), test: "give-back",
    run: async () => {
      if (await askGiveBack(scene)) actions.step("cancel_ride", ride.ride_id);
    },
  });
  return {
    key: `pickup ${ride.ride_id}`,
    heading: title,
    head: [el("div", { class: "spread" }, title, away)],
    details: [
      address(t.say("driver.pickup"), ride.pickup_address), facts.element,
      el("div", { class: "pair" }, navigateLink(t, { ...pickupOf(ride), address: ride.pickup_address }), call(scene, ride)),
      el("p", { class: "muted" }, t.say("driver.then_to", { address: apart(ride.dropoff_address) })),
      giveBack.element,
    ],
    thumb: [arrived.element],
    update(state) {
      put(away, awayText(scene));
      facts.update(state);
      arrived.update(state);
      giveBack.update(state);
    },
  };
}

/** @param {Scene} scene @param {Ride} ride @returns {Screen} */
export function arrivedScreen(scene, ride) {
  const { texts: t, actions } = scene;
  const title = heading(t.say("driver.waiting_for", { name: nameOf(t, ride.passenger_name) }));
  /** @type {State | null} */ let shown = null;
  const clocks = waitingClocks(scene, () => drawNoShow());
  const facts = rideFacts(scene, ride);
  const pin = ride.pin_required ? pinField(scene) : null;
  const start = stepButton({
    ...scene.steps, texts: t, step: "start_ride", label: t.say("driver.start"), test: "start", kind: "accept", big: true,
    run: () => {
      if (pin !== null && !pin.isWhole()) return pin.ask();
      actions.step("start_ride", ride.ride_id, pin === null ? {} : { pin: pin.value() });
    },
  });
  const noShow = stepButton({
    ...scene.steps, texts: t, step: "no_show", label: t.say("driver.no_show"), test: "no-show", kind: "danger",
    run: async () => {
      if (await askNoShow(scene)) actions.step("no_show", ride.ride_id);
    },
  });
  // It runs with the clock above it: two that are a second apart would make one doubt both.
  const drawNoShow = () => {
    if (shown === null) return;
    const leftS = shown.ride?.unsure ? 0 : (shown.ride?.waiting?.noShow?.leftS ?? 0);
    noShow.update(shown, leftS > 0 ? { label: t.say("driver.no_show_in", { clock: t.clock(leftS) }), off: true } : {});
  };
  return {
    key: `arrived ${ride.ride_id}`,
    heading: title,
    head: [title],
    details: [
      clocks.element, facts.element,
      el("div", { class: "pair" }, call(scene, ride)),
      pin === null ? null : pin.element, noShow.element,
    ],
    thumb: [start.element],
    update(state) {
      shown = state;
      facts.update(state);
      clocks.update(state);
      pin?.update(state);
      const locked = pin !== null && pin.isLocked();
      start.update(state, { off: locked });
      drawNoShow();
    },
    end: () => clocks.stop(),
  };
}

/** @param {Scene} scene @param {Ride} ride @returns {Screen} */
export function tripScreen(scene, ride) {
  const { texts: t, actions } = scene;
  const title = heading(ride.dropoff_address, "place");
  title.replaceChildren(said(ride.dropoff_address));
  const away = el("span", { class: "big-number" });
  const facts = rideFacts(scene, ride);
  const to = { lat: ride.dropoff_latitude, lon: ride.dropoff_longitude };
  const complete = stepButton({
    ...scene.steps, texts: t, step: "complete_ride", label: t.say("driver.complete"), test: "complete", kind: "accept", big: true,
    run: () => actions.step("complete_ride", ride.ride_id),
  });
  return {
    key: `trip ${ride.ride_id}`,
    heading: title,
    head: [el("span", { class: "label" }, t.say("driver.drop_off")), title, away],
    details: [facts.element, el("div", { class: "pair" }, navigateLink(t, { ...to, address: ride.dropoff_address }), call(scene, ride))],
    thumb: [complete.element],
    update(state) {
      put(away, awayText(scene));
      facts.update(state);
      complete.update(state);
    },
  };
}

/** Who rides and what it pays, and the note. @param {Scene} scene @param {Ride} ride */
function rideFacts({ texts: t }, ride) {
  const who = el("p", { class: "who" });
  const note = el("p", { class: "note" });
  const type = ride.vehicle_type ? el("p", { class: "muted" }, t.say("driver.asked_for", { type: apart(ride.vehicle_type) })) : null;
  return {
    element: el("div", { class: "stack tight" }, who, note, type),
    /** @param {State} state */
    update({ ride: now }) {
      if (now === null) return;
      const paid = paidBy(t, now.payment_method);
      put(who, t.say("driver.who", { name: nameOf(t, now.passenger_name), paid, money: fareText(t, now) }));
      show(note, Boolean(now.note));
      put(note, now.note ? t.say("driver.note", { note: apart(now.note) }) : "");
    },
  };
}

/** Minutes and metres to where the ride leads now. @param {Scene} scene */
function awayText({ texts: t, arrival }) {
  const now = arrival();
  if (now === null) return "";
  const distance = t.distance(now.metres);
  if (now.shown === null) return distance;
  const time = now.shown.minutes === 0 ? t.say("driver.arriving") : t.duration(now.shown.minutes * 60);
  return t.say("driver.away_now", { time, distance });
}

/** @param {Scene} scene @param {Ride} ride */
function call({ texts }, { passenger_phone: phone, passenger_name: name }) {
  return canCall(phone) ? callLink(texts, phone, nameOf(texts, name)) : null;
}

/**
 * The clocks of waiting: since when, free until, what it costs now, when the driver may leave.
 *
 * @param {Scene} scene
 * @param {() => void} onTick is called with each second of the last of them
 */
function waitingClocks({ texts: t, announcer }, onTick) {
  const waited = row(t.say("driver.waited"), "clock big-number");
  const free = row(t.say("driver.free_waiting"), "clock");
  const fee = row(t.say("driver.waiting_fee"), "money");
  const noShow = row(t.say("driver.no_show_from"), "clock");
  const clock = drawClock({
    countdown: null,
    sentence: (text, leftS) => {
      onTick();
      return leftS === 0 ? t.say("driver.possible_now") : text;
    },
    onEnd: () => announcer.say(t.say("driver.say_no_show")),
  });
  noShow.value.append(clock.element);
  return {
    element: el("div", { class: "card stack tight" }, waited.element, free.element, fee.element, noShow.element),
    /** @param {State} state */
    update({ ride }) {
      const waiting = ride?.waiting ?? null;
      if (ride === null || waiting === null) return;
      const now = performance.now();
      const overMs = now - waiting.freeEndsAt;
      const unsure = ride.unsure;
      show(waited.element, waiting.since !== null);
      put(waited.value, unsure ? "…" : t.clock(Math.floor((now - (waiting.since ?? now)) / 1_000)));
      show(free.element, waiting.free !== null && waiting.perMinute > 0);
      const leftS = waiting.free?.leftS ?? 0;
      put(free.value, unsure ? "…" : leftS > 0 ? t.say("driver.free_left", { clock: t.clock(leftS) }) : t.say("driver.free_over"));
      show(fee.element, waiting.perMinute > 0);
      put(fee.value, unsure ? "…" : t.money((Math.max(0, overMs) / 60_000) * waiting.perMinute, ride.currency));
      show(noShow.element, waiting.noShow !== null);
      clock.set(unsure ? null : waiting.noShow);
    },
    stop: () => clock.stop(),
  };
}

/** Where the passenger's pin goes, and what is wrong with the last one. @param {Scene} scene */
function pinField({ texts: t, announcer }) {
  const wrong = el("p", { class: "error", id: "pin-wrong", hidden: true });
  const input = el("input", {
    id: "pin", test: "pin", class: "pin", dir: "ltr", inputmode: "numeric", autocomplete: "off", maxlength: PIN_DIGITS, "aria-describedby": "pin-wrong", enterkeyhint: "done",
  });
  /** @type {Ride["pin"]} */
  let told = null;
  const say = (/** @type {string} */ text) => {
    show(wrong, text !== "");
    put(wrong, text);
  };
  const digits = () => latinDigits(input.value).replace(/\D/g, "");
  let locked = false;
  return {
    element: el("div", { class: "field" }, el("label", { for: "pin" }, t.say("driver.pin")), input, wrong),
    value: digits,
    isWhole: () => digits().length === PIN_DIGITS,
    isLocked: () => locked,
    ask() {
      say(t.say("driver.pin_first"));
      announcer.call(t.say("driver.pin_first"));
      input.focus();
    },
    /** @param {State} state */
    update({ ride }) {
      const pin = ride?.pin ?? null;
      const leftS = pin?.locked?.leftS ?? 0;
      locked = leftS > 0;
      if (locked) say(t.say("driver.pin_locked", { clock: t.clock(leftS) }));
      else if (pin !== null && pin !== told) say(pinText(t, pin.triesLeft));
      if (pin !== null && pin !== told) {
        announcer.call(locked ? t.say("driver.pin_locked", { clock: t.clock(leftS) }) : pinText(t, pin.triesLeft));
        input.focus();
        input.select();
      }
      if (!locked && pin !== null && pin === told && pin.locked !== null) say("");
      told = pin;
    },
  };
}

/** @param {import("../shell/texts.js").Texts} t @param {number | null} triesLeft */
function pinText(t, triesLeft) {
  return triesLeft === null ? t.say("driver.pin_wrong") : t.say("driver.pin_wrong_left", { n: triesLeft });
}

/** @param {Scene} scene @param {number} metres */
function askFar({ texts: t }, metres) {
  return confirm({
    title: t.say("driver.warn_far", { distance: t.distance(metres) }), action: t.say("driver.arrived_anyway"), keep: t.say("shell.back"), danger: false, test: "arrived-anyway",
  });
}

/** @param {Scene} scene */
function askGiveBack({ texts: t }) {
  return confirm({ title: t.say("driver.give_back_title"), text: t.say("driver.give_back_text"), action: t.say("driver.give_back"), keep: t.say("driver.keep_ride"), test: "give-back-yes" });
}

/** @param {Scene} scene */
function askNoShow({ texts: t, state }) {
  const ride = state().ride;
  const fee = ride?.waiting?.noShowFee ?? 0;
  const text = fee > 0 ? t.say("driver.no_show_fee", { money: t.money(fee, ride?.currency) }) : t.say("driver.no_show_free");
  return confirm({ title: t.say("driver.no_show_title"), text, action: t.say("driver.no_show_close"), keep: t.say("driver.wait_on"), test: "no-show-yes" });
}
