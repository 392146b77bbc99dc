/** The strip on the login form of a sandbox: people to be by a click, and the codes that would be text messages. */

import { code, el, fill, said } from "./dom.js";

/** @typedef {import("./texts.js").Texts} Texts */
/** @typedef {import("../client/dispatch-client.js").DispatchClient} DispatchClient */
/** @typedef {{ page: string, id: string, name: string, phone: string, vehicle?: string }} Player somebody whom one can be */
/** @typedef {{ phone: string, code: string, age_s: number }} Code a login code, and seconds since it was sent */
/** @typedef {{ people: Player[], codes: Code[] }} Told what `/api/sandbox` tells, as far as it is needed here */

/** Milliseconds between two looks for codes. */
const LOOK_MS = 1_000;
/** Looks for the code of somebody who was chosen by a click, and milliseconds between them. */
const [TRIES, TRY_MS] = [40, 100];
const DIGITS = /\D/g;

/**
 * The newest code that was sent to this phone; null: none was in the last `withinS` seconds. Pure.
 *
 * @param {Code[]} codes the newest first
 * @param {string} phone as anybody writes it, with its country
 * @param {number} [withinS]
 */
export function codeFor(codes, phone, withinS = Infinity) {
  const digits = phone.replace(DIGITS, "");
  return codes.find((sent) => sent.phone.replace(DIGITS, "") === digits && sent.age_s <= withinS)?.code ?? null;
}

/**
 * The strip. A click on somebody logs in by the form, with the phone and the code; who types a phone of their own reads the code in the strip.
 *
 * @param {object} options
 * @param {string} options.page whose people are shown
 * @param {DispatchClient} options.client
 * @param {Texts} options.texts
 * @param {{ element: HTMLFormElement, prefill(phone: string): Promise<void>, code(code: string): void }} options.form
 * @returns {{ element: HTMLElement, stop(): void }}
 */
export function sandboxStrip({ page, client, texts, form }) {
  const people = el("div", { class: "stack" });
  const codes = el("ul", { class: "sandbox-codes", test: "sandbox-codes" });
  const mark = el("p", { class: "row" }, el("span", { class: "sandbox-mark" }, texts.say("shell.sandbox")), texts.say("sandbox.why"));
  const element = el("section", { class: "card stack sandbox-strip", "aria-label": texts.say("shell.sandbox"), test: "sandbox" }, mark, people, codes);
  const ask = async () => /** @type {Promise<Told>} */ ((await fetch(`${client.session.base}/api/sandbox`, { cache: "no-store" })).json());
  let stopped = false;

  /** @param {Player} player */
  async function be(player) {
    const since = performance.now();
    await form.prefill(player.phone);
    for (let tries = 0; tries < TRIES && !stopped; tries += 1) {
      const told = await ask();
      show(told);
      const found = codeFor(told.codes, player.phone, (performance.now() - since) / 1_000 + 1);
      if (found !== null) {
        form.code(found);
        return form.element.requestSubmit();
      }
      await new Promise((resolve) => setTimeout(resolve, TRY_MS));
    }
  }

  /** @param {Player} player */
  function choice(player) {
    const made = el("button", { type: "button", class: "button wide", test: "sandbox-person" }, texts.say("sandbox.be"), said(player.name));
    if (player.vehicle) made.append(code(player.vehicle));
    made.addEventListener("click", () => void be(player).catch(() => fill(codes, el("li", {}, texts.say("sandbox.no_codes")))));
    return made;
  }

  /** @param {Told} told */
  function show(told) {
    if (people.childElementCount === 0) fill(people, ...told.people.filter((player) => player.page === page).map(choice));
    fill(codes, ...told.codes.slice(0, 3).map((sent) => el("li", {}, texts.say("sandbox.code_for"), " ", code(`+${sent.phone.replace(DIGITS, "")}`), " ", code(sent.code, "code strong"))));
  }

  async function look() {
    while (!stopped) {
      if (!document.hidden) await ask().then(show).catch(() => fill(codes, el("li", {}, texts.say("sandbox.no_codes"))));
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
  void look();
  return { element, stop: () => void (stopped = true) };
}
