/** What stands around every view: the views and figures in the bar, and the foot with keys, the age of the stream and the sandbox. */

import { el, fill } from "../shell/dom.js";
import { keep, recall } from "../shell/keep.js";
import { NEEDS, OFFERED, FREE } from "./board.js";
import { KEYS } from "./keys.js";
import { keyCap, shape } from "./shapes.js";
import { VIEWS } from "./state.js";

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {import("./keys.js").KeysChoice} KeysChoice */

const VIEW_KEYS = /** @type {Record<string, string>} */ ({ map: "M", rides: "R", drivers: "D" });

/** @param {Desk} desk */
export function deskTop(desk) {
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  const links = VIEWS.map((view) => el("a", { href: `#${view}`, class: "tab", test: `view-${view}` }, t(`view_${view}`), VIEW_KEYS[view] ? keyCap(VIEW_KEYS[view]) : null));
  const [unserved, searching, free, median, clock] = Array.from({ length: 5 }, () => el("span", { class: "tabular figure-number" }));
  const figure = (/** @type {string} */ label, /** @type {HTMLElement} */ value, /** @type {number | null} */ kind) => el("span", { class: "figure" }, kind === null ? null : shape(kind), el("span", { class: "muted" }, label), value);
  const alarm = figure(t("unserved"), unserved, NEEDS);
  const element = el("div", { class: "desk-top" },
    el("nav", { class: "tabs", "aria-label": t("views") }, ...links),
    el("div", { class: "figures", test: "counters" }, alarm, figure(t("searching"), searching, OFFERED), figure(t("free"), free, FREE), figure(t("median_wait"), median, null), clock));
  return {
    element,
    /** @param {import("./state.js").View} view */
    choose(view) {
      for (const link of links) {
        if (link.hash === `#${view}`) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
    },
    /** @param {{ unserved: number, searching: number, free: number, medianS: number | null, at: number }} now */
    draw(now) {
      fill(unserved, texts.number(now.unserved));
      alarm.classList.toggle("alarmed", now.unserved > 0);
      fill(searching, texts.number(now.searching));
      fill(free, texts.number(now.free));
      fill(median, now.medianS === null ? "–" : texts.clock(Math.floor(now.medianS)));
      fill(clock, texts.timeWithSeconds(new Date(now.at)));
    },
  };
}

/** @param {Desk} desk */
export function deskFoot(desk) {
  const { texts, town, sound } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  const stream = el("span", { class: "muted tabular" });
  const slot = el("div", { class: "sandbox-slot" });
  const help = el("button", { type: "button", class: "chip", test: "keys", on: { click: () => showKeys() } }, keyCap("?"), t("keys"));
  const element = el("footer", { class: "desk-foot" },
    el("span", { class: "foot-keys muted" }, ...[["/", "find"], ["B", "book"], ["U", "unserved"], ["M", "map"]].map(([key, does]) => el("span", {}, keyCap(key), " ", t(`key_${does}`)))), help, stream, slot);
  if (town.sandbox) void mountBar();

  async function mountBar() {
    const name = "./sandbox-bar.js";
    (await import(name)).mountSandboxBar(slot, desk.page);
  }

  function showKeys() {
    const choice = el("select", { id: "keys-choice" }, ...["on", "alt", "off"].map((one) => el("option", { value: one, selected: keysChoice() === one }, t(`keys_${one}`))));
    choice.addEventListener("change", () => keep("keys", choice.value));
    const alarmBox = el("input", { type: "checkbox", checked: recall("alarm") === true });
    alarmBox.addEventListener("change", () => keep("alarm", alarmBox.checked));
    const close = el("button", { type: "submit", class: "button wide" }, texts.say("shell.close"));
    const dialog = el("dialog", { "aria-labelledby": "keys-title", class: "keys-list" }, el("form", { method: "dialog", class: "stack" },
      el("h2", { id: "keys-title", tabindex: "-1", autofocus: true }, t("keys")),
      el("dl", {}, ...KEYS.filter(({ does }) => town.sandbox || !["pause", "slower", "faster"].includes(does)).map(({ shown, does }) => el("div", {}, el("dt", {}, ...shown.split(" ").map((one) => el("kbd", {}, one))), el("dd", {}, t(`key_${does}`)))),
        el("div", {}, el("dt", {}, el("kbd", {}, "Ctrl ↵")), el("dd", {}, t("key_ctrl_enter"))), el("div", {}, el("dt", {}, el("kbd", {}, "1–5")), el("dd", {}, t("key_digits")))),
      el("div", { class: "field" }, el("label", { for: "keys-choice" }, t("keys_choice")), choice),
      el("label", { class: "choice" }, alarmBox, t("alarm_sound")), close));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  /** @type {AudioContext | null} */
  let audio = null;
  return {
    element, showKeys, slot,
    draw() {
      const { board } = desk;
      if (!board.isThere) return fill(stream, t("loading"));
      const seconds = Math.max(0, performance.now() - board.heardAt) / 1_000;
      fill(stream, t("stream_age", { rate: texts.number(1_000 / board.beatMs), n: texts.number(Math.round(seconds * 10) / 10) }));
    },
    /** Two notes, if somebody has asked for them. */
    alarm() {
      if (recall("alarm") !== true || !sound.on) return;
      audio ??= new AudioContext();
      for (const [at, hertz] of [[0, 660], [0.22, 880]]) {
        const [tone, gain] = [audio.createOscillator(), audio.createGain()];
        tone.frequency.value = hertz;
        gain.gain.value = 0.15;
        tone.connect(gain).connect(audio.destination);
        tone.start(audio.currentTime + at);
        tone.stop(audio.currentTime + at + 0.18);
      }
    },
    /** Presses a control of the sandbox's bar. @param {"pause" | "slower" | "faster"} what */
    press(what) {
      /** @type {HTMLElement | null} */ (slot.querySelector(`[data-test="${what}"]`))?.click();
    },
  };
}

/** @returns {KeysChoice} */
export function keysChoice() {
  const kept = recall("keys");
  return kept === "alt" || kept === "off" ? kept : "on";
}
