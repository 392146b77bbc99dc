/** The screens without a ride: off, and waiting for requests. */

import { el, fill, heading, put, row, said, show } from "./layout.js";
import { VAGUE_M } from "./position.js";
import { closedText, fareText } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./view.js").Scene} Scene */

/**
 * What the driver took today, as the server counts it.
 *
 * @param {Scene} scene
 */
export function takingsCard({ texts }) {
  const sum = el("span", { class: "big-number money" });
  const rides = el("span", { class: "muted" });
  const more = el("p", { class: "muted" });
  const online = el("p", { class: "muted", test: "online-for" });
  const element = el("section", { class: "card takings", test: "takings" }, el("h2", { class: "label" }, texts.say("driver.today")), el("div", { class: "spread" }, sum, rides), online, more);
  return {
    element,
    /** @param {State} state */
    update({ takings, link, online: isOnline }) {
      const onlineS = onlineSeconds(takings, isOnline && link.state === "open");
      show(online, onlineS !== null);
      put(online, onlineS === null ? "" : texts.say("driver.online_for", { duration: texts.duration(onlineS) }));
      if (takings === null || takings.rides === 0) {
        put(sum, "");
        show(sum, false);
        put(rides, texts.say(takings === null ? "shell.loading" : "driver.no_rides_yet"));
      } else {
        put(sum, texts.money(takings.fares, takings.currency));
        show(sum, true);
        put(rides, texts.say("driver.rides", { n: takings.rides }));
      }
      const old = takings !== null && link.state !== "open" ? texts.say("shell.as_of", { time: texts.time(takings.at) }) : "";
      const parts = takings !== null && takings.card > 0 ? texts.say("driver.cash_and_card", { cash: texts.money(takings.cash, takings.currency), card: texts.money(takings.card, takings.currency) }) : "";
      const fees = takings !== null && takings.fees > 0 ? texts.say("driver.fees_today", { money: texts.money(takings.fees, takings.currency) }) : "";
      put(more, [parts, fees, old].filter(Boolean).join(" · "));
      show(more, more.textContent !== "");
    },
  };
}

/** How long the driver was online today, with what has passed since that was told; null: not a minute, or nobody counts. @param {State["takings"]} takings @param {boolean} goesOn */
function onlineSeconds(takings, goesOn) {
  const told = takings?.online_s;
  if (takings === null || told === undefined) return null;
  const seconds = told + (goesOn ? (Date.now() - takings.at.getTime()) / 1_000 : 0);
  return seconds < 60 ? null : seconds;
}

/** The last requests and what became of them. @param {Scene} scene */
function lastRequests({ texts }) {
  const list = el("ul", { class: "list" });
  const element = el("details", { class: "last" }, el("summary", {}, texts.say("driver.last_requests")), list);
  /** @type {State["last"] | null} */
  let drawn = null;
  return {
    element,
    /** @param {State} state */
    update({ last }) {
      show(element, last.length > 0);
      if (last === drawn) return;
      drawn = last;
      fill(list, ...last.map((one) => el(
        "li", { class: "last-one" }, el("span", {}, said(one.pickup)), el("span", { class: "money" }, fareText(texts, { ...one, fare_by_agreement: one.byAgreement })),
        el("span", { class: "muted" }, closedText(texts, one.reason)),
      )));
    },
  };
}

/** @param {Scene} scene @returns {import("./layout.js").Screen} */
export function offlineScreen(scene) {
  const { texts, sounds, sound, position, actions } = scene;
  const t = texts;
  const takings = takingsCard(scene);
  const last = lastRequests(scene);
  const soundRow = row(t.say("driver.sound"));
  const placeRow = row(t.say("driver.position"));
  const test = el("button", { type: "button", class: "button", on: { click: () => sounds.wake() } }, t.say("driver.sound_test"));
  soundRow.element.append(test);
  const goOnline = () => go.getAttribute("aria-disabled") !== "true" && actions.goOnline();
  const go = el("button", { type: "button", class: "button accept wide big", test: "online", on: { click: goOnline } }, t.say("driver.go_online"));
  const title = heading(t.say("driver.offline"), "switch off");
  return {
    key: "offline",
    heading: title,
    head: [title, el("p", {}, t.say("driver.no_requests"))],
    details: [
      takings.element,
      el("div", { class: "stack facts" }, soundRow.element, "vibrate" in navigator ? factRow(t.say("driver.vibrate"), t.say("driver.with_sound")) : null, placeRow.element),
      last.element,
      el("p", { class: "hint" }, position.isByHand ? t.say("driver.why_by_hand") : t.say("driver.why_position")),
      el("p", { class: "hint" }, t.say("driver.locked_screen")),
    ],
    thumb: [go],
    update(state) {
      takings.update(state);
      last.update(state);
      put(soundRow.value, t.say(sound.on ? "driver.on" : "driver.off"));
      show(test, sound.on);
      put(placeRow.value, positionText(scene));
      const busy = state.link.state !== "open" || !state.settled;
      go.setAttribute("aria-disabled", String(busy));
    },
  };
}

/** @param {string} label @param {string} text */
function factRow(label, text) {
  const made = row(label);
  made.value.textContent = text;
  return made.element;
}

/** @param {Scene} scene @returns {import("./layout.js").Screen} */
export function waitingScreen(scene) {
  const { texts: t, sounds, sound, actions } = scene;
  const takings = takingsCard(scene);
  const last = lastRequests(scene);
  const off = el("button", { type: "button", class: "button", test: "go-off", on: { click: () => actions.goOff() } }, t.say("driver.go_off"));
  const title = heading(t.say("driver.online"), "switch on");
  const waiting = el("p", { class: "waiting-for", test: "online" });
  const how = el("p", {});
  const where = el("p", {});
  return {
    key: "waiting",
    heading: title,
    head: [el("div", { class: "spread" }, title, off)],
    details: [waiting, how, where, takings.element, last.element],
    thumb: [],
    update(state) {
      takings.update(state);
      last.update(state);
      const linked = state.link.state === "open";
      const asked = state.heldBack === null && linked;
      title.classList.toggle("on", asked);
      put(waiting, t.say(asked ? "driver.waiting" : "driver.no_requests"));
      const soundKey = !sound.on ? "driver.sound_off" : sounds.blocked || !sounds.awake ? "driver.sound_blocked" : "driver.sound_on";
      put(how, t.say("driver.how", { link: t.say(linked ? "driver.link_good" : "driver.link_lost"), sound: t.say(soundKey) }));
      put(where, t.say("driver.position_is", { position: positionText(scene) }));
    },
  };
}

/** Where the driver is, how exactly, and how old that is. @param {Scene} scene */
function positionText({ texts: t, position, streets }) {
  const { fix, trouble } = position;
  if (trouble === "denied") return t.say("driver.position_denied");
  if (fix === null) return t.say(position.isByHand ? "driver.by_hand" : "driver.position_none");
  const ageS = Math.max(0, Math.round((performance.now() - fix.at) / 1_000));
  const name = streets()?.nearest(fix) ?? null;
  const near = position.isByHand && name ? t.say("driver.near", { street: name }) : null;
  if (near !== null) return near;
  if (fix.accuracyM === null) return t.say("driver.position_age", { n: ageS });
  const metres = Math.round(fix.accuracyM);
  return t.say(metres > VAGUE_M ? "driver.position_vague" : "driver.position_exact", { metres, n: ageS });
}
