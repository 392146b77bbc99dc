/** The bar at the foot of the desk that steers a sandbox: pause, speed, drivers, demand, misbehaviour, the next offer. */

import { errorText } from "../shell/errors.js";
import { el, fill } from "../shell/dom.js";
import { button, field } from "../shell/form.js";

/** @typedef {import("../shell/page.js").Page} Page */
/**
 * @typedef {{
 *   seed: number, is_paused: boolean, speed: number, demand: number, drivers: number, connected: number, busy: number, rides: number,
 *   misbehaving: Record<string, number>, next_offer_to: string | null, people: { page: string, id: string, name: string }[],
 * }} Sandbox what `/api/sandbox` tells
 */

/** Milliseconds between two looks. */
const LOOK_MS = 3_000;
export const SPEEDS = [1, 2, 3, 4];
export const PACES = [0, 0.5, 1, 2, 4];
export const WRONGS = ["late_accept", "double_accept", "vanish", "slow_link"];

/**
 * The step that follows in a list of steps; at its end the last one stays. Pure.
 *
 * @param {number[]} steps sorted
 * @param {number} now
 * @param {1 | -1} by up or down
 */
export function stepped(steps, now, by) {
  const further = by > 0 ? steps.filter((step) => step > now) : steps.filter((step) => step < now).reverse();
  return further[0] ?? now;
}

/**
 * Puts the bar into a place of the desk. It tells what everybody sees, and each control changes it for all desks.
 *
 * @param {HTMLElement} slot
 * @param {Page} page
 * @returns {{ stop(): void }}
 */
export function mountSandboxBar(slot, page) {
  const { client, texts, announcer } = page;
  document.head.append(el("link", { rel: "stylesheet", href: "/web/desk/sandbox-bar.css" }));
  /** @type {Sandbox | null} */
  let state = null;
  let stopped = false;

  const status = el("span", { class: "sandbox-status muted tabular" });
  const pause = chip({ test: "pause", label: texts.say("sandbox.pause"), run: () => steer({ pause: !state?.is_paused }) });
  const speed = choice({ test: "speed", label: texts.say("sandbox.speed"), steps: SPEEDS, chosen: (times) => steer({ speed: times }) });
  const slower = chip({ test: "slower", label: "[", run: () => step(-1), name: texts.say("sandbox.slower") });
  const faster = chip({ test: "faster", label: "]", run: () => step(1), name: texts.say("sandbox.faster") });
  const demand = choice({ test: "demand", label: texts.say("sandbox.demand"), steps: PACES, chosen: (times) => steer({ demand: times }) });
  const ten = chip({ test: "add-drivers", label: "+10", run: () => steer({ add_drivers: 10 }), name: texts.say("sandbox.add", { n: 10 }) });
  const fifty = chip({ test: "add-drivers-50", label: "+50", run: () => steer({ add_drivers: 50 }), name: texts.say("sandbox.add", { n: 50 }) });
  const wrong = chip({ test: "misbehave", label: texts.say("sandbox.misbehave"), run: () => askWrongs() });
  const next = chip({ test: "next-offer", label: texts.say("sandbox.next_offer"), run: () => nextOffer() });

  const drivers = el("span", { class: "sandbox-group" }, el("span", { class: "muted" }, texts.say("sandbox.drivers")), ten, fifty);
  const bar = el("div", { class: "sandbox-bar", role: "group", "aria-label": texts.say("shell.sandbox"), test: "sandbox-bar" },
    el("span", { class: "sandbox-mark" }, texts.say("shell.sandbox")), pause, el("span", { class: "sandbox-group" }, slower, speed.element, faster), drivers, demand.element, wrong, next, status);
  fill(slot, bar);

  /**
   * @param {{ test: string, label: string, run: () => unknown, name?: string }} options `name`: read out, where the label is a sign
   */
  function chip({ test, label, run, name }) {
    const made = el("button", { type: "button", class: "chip", test, "aria-label": name, title: name, dir: name && "ltr" }, label);
    made.addEventListener("click", run);
    return made;
  }

  /**
   * @param {{ test: string, label: string, steps: number[], chosen: (times: number) => unknown }} options
   */
  function choice({ test, label, steps, chosen }) {
    const select = el("select", { id: `sandbox-${test}`, test }, ...steps.map((times) => el("option", { value: times }, texts.say("sandbox.times", { n: times }))));
    select.addEventListener("change", () => chosen(Number(select.value)));
    return { element: el("span", { class: "sandbox-group" }, el("label", { for: select.id, class: "muted" }, label), select), select };
  }

  /** @param {1 | -1} by */
  function step(by) {
    if (state !== null) return steer({ speed: stepped(SPEEDS, state.speed, by) });
  }

  /** @param {Record<string, unknown>} wanted */
  async function steer(wanted) {
    try {
      const before = state;
      show(await client.session.request("POST", "/api/sandbox/steer", { body: wanted }));
      announcer.say(sentence(before));
    } catch (error) {
      fill(status, errorText(error, texts));
      announcer.call(errorText(error, texts));
    }
  }

  /** @param {Sandbox | null} before */
  function sentence(before) {
    if (state === null) return "";
    if (state.is_paused !== before?.is_paused) return texts.say(state.is_paused ? "sandbox.paused" : "sandbox.goes_on");
    if (state.next_offer_to !== null && state.next_offer_to !== before?.next_offer_to) return texts.say("sandbox.next_offer_set");
    return texts.say("sandbox.state", { n: state.drivers, speed: state.speed, demand: state.demand });
  }

  /** The next offer goes to the driver whom people play, and somebody books where that driver is; a second press takes it back. */
  function nextOffer() {
    const mine = state?.people.find((person) => person.page === "driver");
    if (mine === undefined) return;
    return steer(state?.next_offer_to === mine.id ? { next_offer_to: "" } : { next_offer_to: mine.id, book: 1 });
  }

  function askWrongs() {
    const fields = WRONGS.map((name) => field({ id: `wrong-${name}`, label: texts.say(`sandbox.${name}`), test: `wrong-${name}`, type: "number", min: 0, max: 2000, value: state?.misbehaving[name] ?? 0 }));
    const send = async () => {
      await steer(Object.fromEntries(WRONGS.map((name, n) => [name, Number(fields[n].input.value) || 0])));
      dialog.close();
    };
    /** @type {HTMLDialogElement} */
    const dialog = el("dialog", { "aria-labelledby": "wrongs-title" }, el("div", { class: "stack" },
      el("h2", { id: "wrongs-title" }, texts.say("sandbox.misbehave")), el("p", { class: "muted" }, texts.say("sandbox.misbehave_hint")), ...fields.map((each) => each.element),
      button({ label: texts.say("sandbox.apply"), kind: "primary", test: "misbehave-apply", run: send }), button({ label: texts.say("shell.close"), run: () => dialog.close() })));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  /** @param {Sandbox} told */
  function show(told) {
    state = told;
    const running = texts.say(told.is_paused ? "sandbox.go_on" : "sandbox.pause");
    if (pause.textContent !== running) fill(pause, running);
    pause.setAttribute("aria-pressed", String(told.is_paused));
    next.setAttribute("aria-pressed", String(told.next_offer_to !== null));
    for (const [each, times] of /** @type {const} */ ([[speed.select, told.speed], [demand.select, told.demand]])) {
      if (document.activeElement !== each) each.value = String(times);
    }
    fill(status, told.is_paused ? texts.say("sandbox.paused") : texts.say("sandbox.counts", { n: told.drivers, rides: told.rides, seed: String(told.seed) }));
  }

  async function look() {
    while (!stopped) {
      if (!document.hidden) await client.session.request("GET", "/api/sandbox").then(show).catch((error) => fill(status, errorText(error, texts)));
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
  void look();
  return { stop: () => void (stopped = true) };
}
