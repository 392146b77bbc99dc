/** The request dialog: what drivers decide by, in their order, a ring that runs down, and two buttons that no stray touch presses. */

import { drawClock } from "../shell/clock.js";
import { errorText } from "../shell/errors.js";
import { guard, hold } from "./guard.js";
import { address, el, heading, put, said, show } from "./layout.js";
import { apart, fareText, paidBy } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Offer} Offer */

/** Below so many seconds number and ring warn; at these seconds they are read out. */
const LATE_S = 5;
const READ_OUT_S = [10, 5];
const SVG = "http://www.w3.org/2000/svg";

/**
 * @param {import("./view.js").Scene} scene
 * @param {Offer} offer
 */
export function requestDialog(scene, offer) {
  const { texts: t, actions, sounds } = scene;
  const tab = document.title;
  const title = heading(t.say("driver.request"), "request-title");
  const ring = countdownRing(offer);
  const clock = drawClock({ countdown: null, className: "ring-number", sentence: (_, leftS) => readSeconds(scene, leftS) });
  const state = el("p", { class: "request-state" });
  const wrong = el("p", { class: "error", hidden: true });
  const decline = el("button", { type: "button", class: "button wide", test: "decline" }, t.say("driver.decline"));
  const accept = el("button", { type: "button", class: "button accept big wide", test: "accept" }, t.say("driver.accept"));
  const buttons = el("div", { class: "request-buttons" }, accept, decline);
  const guardedUntil = (offer.shownAt ?? 0) + offer.guardMs;
  const answer = (/** @type {"accept" | "decline"} */ kind) => actions.answer(offer, kind);
  guard(decline, guardedUntil, () => answer("decline"));
  if (scene.holds()) hold(accept, guardedUntil, () => answer("accept"));
  else guard(accept, guardedUntil, () => answer("accept"));

  const dialog = el(
    "dialog", { class: "request", test: "request-dialog", "aria-labelledby": "request-title", closedby: "none" },
    el("div", { class: "request-facts" },
      title,
      el("div", { class: "request-top" },
        el("div", { class: "ring", dir: "ltr" }, ring.element, clock.element),
        el("div", {}, el("p", { class: "huge-number money" }, fareText(t, offer)), el("p", { class: "trip-size" }, tripSize(t, offer)))),
      state, wrong,
      el("p", { class: "away" }, t.say("driver.away", { time: t.duration(offer.pickup_eta_s), distance: t.distance(offer.pickup_distance_m) })),
      address(t.say("driver.pickup"), offer.pickup_address),
      address(t.say("driver.drop_off"), offer.dropoff_address),
      el("p", {}, said(offer.passenger_name || t.say("driver.the_passenger")), " · ", paidBy(t, offer.payment_method)),
      offer.vehicle_type ? el("p", { class: "muted" }, t.say("driver.asked_for", { type: apart(offer.vehicle_type) })) : null,
      offer.note ? el("p", { class: "note" }, t.say("driver.note", { note: apart(offer.note) })) : null),
    buttons,
  );
  title.id = "request-title";
  // Esc does nothing: a request is answered, or closed by the server.
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  title.focus();
  sounds.ring(() => offer.left.leftS);
  /** @type {Offer} */
  let drawn = offer;

  return {
    offerId: offer.offer_id,
    /** @param {Offer} now @param {State} whole */
    update(now, whole) {
      if (!dialog.open) dialog.showModal();
      if (now.left !== drawn.left || now.unsure !== drawn.unsure) ring.set(now);
      drawn = now;
      clock.set(now.unsure ? null : now.left);
      const leftS = now.unsure ? null : now.left.leftS;
      dialog.classList.toggle("late", leftS !== null && leftS <= LATE_S);
      if (now.answer !== null || leftS === 0) sounds.stop();
      show(buttons, now.answer === null);
      put(state, stateText(t, now, whole));
      show(wrong, now.problem !== null);
      put(wrong, now.problem === null ? "" : errorText(now.problem.error, t));
    },
    close() {
      clock.stop();
      sounds.stop();
      dialog.close();
      dialog.remove();
      document.title = tab;
    },
  };
}

/** @param {import("../shell/texts.js").Texts} t @param {Offer} offer */
function tripSize(t, { distance, estimated_duration: minutes }) {
  return `${t.distance(distance * 1_000)} · ${t.duration(minutes * 60)}`;
}

/** What is to be known of the request beside its clock. @param {import("../shell/texts.js").Texts} t @param {Offer} offer @param {State} state */
function stateText(t, { answer, left, silence, unsure }, { link }) {
  if (link.state !== "open") return t.say(answer === null ? "driver.request_no_link" : "shell.waiting_for_link");
  if (answer !== null) return t.say("shell.sending");
  if (unsure || left.leftMs > 0) return "";
  return t.say(silence.leftMs === 0 ? "driver.no_answer" : "driver.last_moment");
}

/** The number inside the ring; the tab says it too, and a reader hears 10 and 5. @param {import("./view.js").Scene} scene @param {number | null} leftS */
function readSeconds({ texts: t, announcer }, leftS) {
  if (leftS === null) return "…";
  document.title = t.say("driver.title_request", { n: leftS });
  if (READ_OUT_S.includes(leftS)) announcer.call(String(leftS));
  return String(leftS);
}

/** A ring that empties by one animation of what is left. @param {Offer} offer */
function countdownRing(offer) {
  const made = (/** @type {string} */ className) => {
    const circle = document.createElementNS(SVG, "circle");
    for (const [name, value] of Object.entries({ cx: "50", cy: "50", r: "44", pathLength: "100", class: className })) circle.setAttribute(name, value);
    return circle;
  };
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("aria-hidden", "true");
  const full = made("ring-full");
  svg.append(made("ring-track"), full);
  /** @type {Animation | null} */
  let running = null;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const set = (/** @type {Offer} */ { left, ttlMs, unsure }) => {
    running?.cancel();
    if (unsure) return;
    const leftMs = left.leftMs;
    const gone = 100 * (1 - Math.min(1, leftMs / ttlMs));
    const easing = calm.matches ? `steps(${Math.max(1, Math.ceil(leftMs / 1_000))})` : "linear";
    running = full.animate([{ strokeDashoffset: gone }, { strokeDashoffset: 100 }], { duration: Math.max(1, leftMs), easing, fill: "forwards" });
  };
  set(offer);
  return { element: svg, set };
}
