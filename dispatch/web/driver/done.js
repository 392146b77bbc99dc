/** What to collect, and the stars. The place of the main button stays free: a new request may come up. */

import { takingsCard } from "./home.js";
import { el, heading, put, show } from "./layout.js";
import { fareText, nameOf } from "./words.js";

const STARS = [1, 2, 3, 4, 5];

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Done} Done */

/** @param {import("./view.js").Scene} scene @param {Done} done @returns {import("./layout.js").Screen} */
export function doneScreen(scene, done) {
  const { texts: t, actions } = scene;
  const title = heading("", "collect");
  const sum = el("p", { class: "huge-number money", test: "collect" });
  const parts = el("p", { class: "muted" });
  const declined = el("p", { class: "error", hidden: true }, t.say("driver.card_declined"));
  const stars = rating(scene, done);
  const takings = takingsCard(scene);
  const ready = el("button", { type: "button", class: "button primary wide", test: "ready" }, t.say("driver.ready"));
  ready.addEventListener("click", () => {
    const value = stars.unsent();
    if (value !== null) actions.rate(done.ride_id, value);
    actions.ready();
  });
  return {
    key: `done ${done.ride_id}`,
    heading: title,
    head: [title, sum, parts, declined],
    details: [stars.element, ready, takings.element],
    thumb: [],
    update(state) {
      const now = state.done ?? done;
      const fare = { fare: now.fare, currency: now.currency, fare_by_agreement: now.byAgreement };
      const cash = now.payment === "cash" || now.payment === "declined";
      put(title, t.say(cash ? "driver.collect_cash" : "driver.paid_card"));
      put(sum, fareText(t, fare));
      const waiting = now.breakdown?.waiting ?? 0;
      const rest = now.fare - waiting;
      put(parts, waiting > 0 ? t.say("driver.fare_and_waiting", { fare: t.money(rest, now.currency), waiting: t.money(waiting, now.currency) }) : "");
      show(parts, waiting > 0);
      show(declined, now.payment === "declined");
      stars.update(now);
      takings.update(state);
    },
  };
}

/** Five stars to choose from, and Send. @param {import("./view.js").Scene} scene @param {Done} done */
function rating({ texts: t, actions }, done) {
  const inputs = STARS.map((n) => el("input", { type: "radio", name: "stars", value: n, class: "hidden-text" }));
  const labels = inputs.map((input, at) => el("label", { class: "star" }, input, el("span", { "aria-hidden": "true" }, String(at + 1)), el("span", { class: "hidden-text" }, t.say("driver.stars", { n: at + 1 }))));
  const send = el("button", { type: "button", class: "button wide", hidden: true, test: "rate" }, t.say("driver.send_rating"));
  const thanks = el("p", { class: "muted", hidden: true }, t.say("driver.rated"));
  const chosen = () => inputs.find((input) => input.checked)?.value;
  let latest = done;
  const row = el("fieldset", {}, el("legend", { class: "label" }, t.say("driver.rate", { name: nameOf(t, done.name) })), el("div", { class: "stars", dir: "ltr" }, ...labels),
    el("div", { class: "spread muted small", "aria-hidden": "true" }, el("span", {}, t.say("driver.bad")), el("span", {}, t.say("driver.good"))));
  for (const input of inputs) input.addEventListener("change", () => show(send, true));
  send.addEventListener("click", () => actions.rate(done.ride_id, Number(chosen())));
  return {
    element: el("div", { class: "stack" }, row, send, thanks),
    unsent: () => (latest.rating === "open" && chosen() !== undefined ? Number(chosen()) : null),
    /** @param {Done} now */
    update(now) {
      latest = now;
      show(row, now.rating !== "done");
      show(send, now.rating !== "done" && chosen() !== undefined);
      put(send, t.say(now.rating === "sending" ? "shell.sending" : "driver.send_rating"));
      send.setAttribute("aria-disabled", String(now.rating === "sending"));
      show(thanks, now.rating === "done");
    },
  };
}

