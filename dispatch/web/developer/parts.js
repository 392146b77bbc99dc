import { code, el, fill, said } from "../shell/dom.js";
import { copyOf, HIDDEN, LANGUAGES } from "./copies.js";
import { SCENARIOS } from "./scenarios.js";
import { NAMES } from "./stage.js";

/**
 * @typedef {import("./stage.js").Stage} Stage
 * @typedef {import("./tap.js").Who} Who
 * @typedef {import("./scenarios.js").Progress} Progress
 * @typedef {import("../shell/texts.js").Texts} Texts
 * @typedef {import("../shell/announcer.js").Announcer} Announcer
 * @typedef {{ texts: Texts, stage: Stage, announcer: Announcer, town: any }} Parts
 */

export const WHO = /** @type {const} */ (["driver", "passenger"]);

/**
 * Puts a text on the clipboard and says so.
 *
 * @param {Parts} parts
 * @param {{ text: () => Promise<string>, label: string, test: string }} what
 */
function copyButton({ texts, announcer }, { text, label, test }) {
  const done = el("span", { class: "muted", "aria-hidden": "true" });
  const copy = async () => {
    await navigator.clipboard.writeText(await text());
    fill(done, texts.say("client.copied"));
    announcer.say(texts.say("client.copied"));
  };
  const button = el("button", { type: "button", class: "button", test, on: { click: copy } }, texts.say("client.copy"), el("span", { class: "hidden-text" }, ` ${label}`));
  return el("span", { class: "row" }, button, done);
}

/** Who the page speaks as: tokens, and a socket of each. */
export class People {
  #parts;
  #body = el("div", { class: "stack" });
  /** @type {Record<Who, { status: HTMLElement, token: HTMLElement, toggle: HTMLButtonElement, id: HTMLInputElement }>} */
  #rows;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
    const { texts, town } = parts;
    this.#rows = /** @type {any} */ (Object.fromEntries(WHO.map((who) => [who, this.#row(who)])));
    const error = el("p", { class: "error", role: "alert" });
    const logIn = async () => {
      button.disabled = true;
      fill(error);
      try {
        await parts.stage.logIn();
        button.remove();
      } catch (reason) {
        fill(error, texts.say("client.no_tokens", { why: reason instanceof Error ? reason.message : String(reason) }));
        button.disabled = false;
      }
    };
    const button = el("button", { type: "button", class: "button primary", test: "get-tokens", on: { click: logIn } }, texts.say("client.get_tokens"));
    const key = town.sandbox ? "client.tokens_sandbox" : town.auth === "on" ? "client.tokens_own" : "client.tokens_none";
    this.element = el(
      "section",
      { class: "card stack", "aria-labelledby": "tokens-title" },
      el("h2", { id: "tokens-title" }, texts.say("client.tokens")),
      el("p", {}, texts.say(key)),
      town.sandbox ? button : null,
      error,
      this.#body,
    );
    for (const who of WHO) this.#body.append(this.#group(who));
    this.draw();
  }

  /** Shows who is logged in and connected. */
  draw() {
    const { texts, stage } = this.#parts;
    for (const who of WHO) {
      const { status, token, toggle, id } = this.#rows[who];
      const link = stage.link(who);
      const state = link?.status.state ?? "none";
      fill(status, texts.say(state === "closed" ? `client.closed_${link?.status.why?.replace("-", "_")}` : `client.state_${state}`));
      fill(toggle, texts.say(state === "none" || state === "closed" ? "client.connect" : "client.disconnect"), el("span", { class: "hidden-text" }, ` ${texts.say(`client.${who}`)}`));
      if (document.activeElement !== id) id.value = stage.ids[who];
      this.#drawToken(who, token);
    }
  }

  /** @param {Who} who @param {HTMLElement} box */
  #drawToken(who, box) {
    const { texts, stage } = this.#parts;
    const session = stage.session(who);
    const person = session.person;
    if (person === null) return;
    const known = `${person.id} ${stage.endsAt(who)}`;
    if (box.dataset.known === known) return;
    box.dataset.known = known;
    const name = said(person.name);
    fill(
      box,
      el("span", {}, name, " ", code("••••••••")),
      el("span", { class: "muted" }, texts.say("client.ends", { time: texts.time(new Date(stage.endsAt(who))) })),
      copyButton(this.#parts, {
        text: async () => (await session.accessToken()) ?? "",
        label: texts.say("client.token_of", { name: person.name }),
        test: `copy-token-${who}`,
      }),
    );
  }

  /** @param {Who} who */
  #row(who) {
    const { stage } = this.#parts;
    const id = el("input", { id: `id-${who}`, dir: "ltr", autocomplete: "off", spellcheck: "false", maxlength: 64, on: { change: () => void (stage.ids[who] = id.value.trim()) } });
    const toggle = el("button", {
      type: "button",
      class: "button",
      test: `connect-${who}`,
      on: {
        click: () => {
          const state = stage.link(who)?.status.state ?? "closed";
          if (state === "closed") stage.connect(who);
          else stage.disconnect(who);
        },
      },
    });
    return { status: el("span", { class: "muted", test: `link-${who}` }), token: el("div", { class: "row" }), toggle, id };
  }

  /** @param {Who} who */
  #group(who) {
    const { texts, town, stage } = this.#parts;
    const { status, token, toggle, id } = this.#rows[who];
    const own = el("input", {
      id: `token-${who}`,
      type: "password",
      autocomplete: "off",
      on: { change: () => stage.session(who).useToken(own.value.trim()) },
    });
    const asks = town.auth === "on" && !town.sandbox;
    return el(
      "div",
      { class: "person stack" },
      el("h3", {}, texts.say(`client.${who}`)),
      token,
      asks ? el("div", { class: "field" }, el("label", { for: `token-${who}` }, texts.say("client.own_token")), own) : null,
      el("div", { class: "field" }, el("label", { for: `id-${who}` }, texts.say(`client.id_${who}`)), id),
      el("div", { class: "row" }, toggle, status),
    );
  }
}

/** The same connection as text. @param {Parts} parts */
export function copies(parts) {
  const { texts, stage } = parts;
  const select = (/** @type {string} */ id, /** @type {readonly string[]} */ values) => {
    const made = el("select", { id, on: { change: () => draw() } });
    for (const value of values) made.append(el("option", { value }, texts.say(`client.${value}`)));
    return made;
  };
  const language = select("copy-language", LANGUAGES);
  const who = select("copy-who", WHO);
  const shown = el("pre", { tabindex: 0, dir: "ltr", role: "group", "aria-labelledby": "copies-title", test: "copied-text" });
  const made = (/** @type {string | null} */ token) => {
    const one = /** @type {Who} */ (who.value);
    const path = one === "driver" ? `/ws/driver/${encodeURIComponent(stage.ids.driver)}/` : `/ws/ride/${encodeURIComponent(stage.ids.passenger)}/`;
    const url = location.origin.replace(/^http/, "ws") + path;
    return copyOf(/** @type {import("./copies.js").Language} */ (language.value), { url, token });
  };
  const token = () => stage.session(/** @type {Who} */ (who.value)).accessToken();
  const draw = () => fill(shown, made(parts.town.auth === "off" ? null : HIDDEN));
  draw();
  stage.on("changed", draw);
  const element = el(
    "section",
    { class: "card stack", "aria-labelledby": "copies-title" },
    el("h2", { id: "copies-title" }, texts.say("client.copies")),
    el("p", {}, texts.say("client.copies_hint")),
    el(
      "div",
      { class: "row tools" },
      el("div", { class: "field" }, el("label", { for: "copy-who" }, texts.say("client.of")), who),
      el("div", { class: "field" }, el("label", { for: "copy-language" }, texts.say("client.as")), language),
      copyButton(parts, { text: async () => made(await token()), label: texts.say("client.copies"), test: "copy" }),
    ),
    shown,
  );
  return element;
}

/** What can be made to happen, and which frames must follow. */
export class Scenarios {
  #parts;
  /** @type {Map<string, { list: HTMLOListElement, button: HTMLButtonElement, said: HTMLElement }>} */
  #boxes = new Map();

  /**
   * @param {Parts} parts
   * @param {(name: import("./scenarios.js").Name) => void} run
   */
  constructor(parts, run) {
    this.#parts = parts;
    const { texts } = parts;
    const boxes = NAMES.map((name) => {
      const list = el("ol", { class: "steps" });
      const button = el("button", { type: "button", class: "button", test: `scenario-${name}`, on: { click: () => run(name) } }, texts.say(`client.scenario_${name}`));
      const told = el("p", { class: "muted", test: `scenario-${name}-state` });
      this.#boxes.set(name, { list, button, said: told });
      fill(list, ...SCENARIOS[name].map((step) => this.#step(step, false)));
      return el("div", { class: "scenario stack" }, button, el("p", {}, texts.say(`client.scenario_${name}_does`)), list, told);
    });
    this.element = el(
      "section",
      { class: "card stack", "aria-labelledby": "scenarios-title" },
      el("h2", { id: "scenarios-title" }, texts.say("client.scenarios")),
      el("p", {}, texts.say("client.scenarios_hint")),
      ...boxes,
    );
  }

  /** @param {Progress | null} progress @param {number | null} cutS seconds until a cut link is back */
  draw(progress, cutS = null) {
    const { texts } = this.#parts;
    const busy = progress?.state === "running";
    for (const [name, { list, button, said: told }] of this.#boxes) {
      button.disabled = busy;
      if (progress?.name !== name) continue;
      fill(list, ...SCENARIOS[progress.name].map((step, index) => this.#step(step, progress.ticked[index])));
      const done = progress.ticked.filter(Boolean).length;
      if (progress.state === "running" && cutS !== null) fill(told, texts.say("client.cut", { clock: texts.clock(cutS) }));
      else if (progress.state === "failed") fill(told, texts.say("client.scenario_failed", { why: progress.why }));
      else fill(told, texts.say(`client.scenario_${progress.state}`, { n: done, all: progress.ticked.length }));
    }
  }

  /** @param {import("./scenarios.js").Step} step @param {boolean} ticked */
  #step(step, ticked) {
    const { texts } = this.#parts;
    const has = Object.entries(step.has ?? {}).map(([name, value]) => ` ${name}: ${value}`);
    return el(
      "li",
      { class: ticked ? "ticked" : null },
      el("span", { class: "box", "aria-hidden": "true" }, ticked ? "✓" : ""),
      el("span", {}, texts.say(`client.${step.who}`), " ", el("span", { class: "muted" }, texts.say(`client.way_${step.way}`)), " ", code(step.type + has.join(""))),
      ticked ? el("span", { class: "hidden-text" }, texts.say("client.came")) : null,
    );
  }
}
