import { code, el, fill } from "../shell/dom.js";
import { isShown } from "./state.js";

/**
 * @typedef {import("./state.js").State} State
 * @typedef {import("./state.js").Row} Row
 * @typedef {import("../shell/texts.js").Texts} Texts
 */

const ARROWS = { in: "←", out: "→", link: "–" };

/**
 * The rows of frames, with what filters and stops them. Rows that stand keep standing: one that somebody has opened stays open.
 */
export class FrameLog {
  #texts;
  #act;
  /** @type {Map<number, HTMLLIElement>} */
  #shown = new Map();
  #list = el("ol", { class: "frames", dir: "ltr" });
  #empty = el("p", { class: "muted" });
  #stop;
  #held = el("span", { class: "muted", role: "status" });

  /**
   * @param {Texts} texts
   * @param {(happened: import("./state.js").Happened) => void} act
   */
  constructor(texts, act) {
    this.#texts = texts;
    this.#act = act;
    this.#stop = el("button", { type: "button", class: "button", test: "stop", "aria-keyshortcuts": "S", on: { click: () => this.toggle() } });
    this.#stopped = false;
    const log = { class: "log", role: "log", "aria-live": "off", "aria-labelledby": "frames-title", tabindex: 0, test: "frames" };
    this.element = el(
      "section",
      { class: "card stack", "aria-labelledby": "frames-title" },
      el("h2", { id: "frames-title" }, texts.say("client.frames")),
      this.#tools(),
      this.#empty,
      el("div", log, this.#list),
    );
  }

  #stopped;

  /** Stops the rows, or lets them go on. */
  toggle() {
    this.#act({ kind: this.#stopped ? "go" : "stop" });
  }

  /** @param {State} state */
  draw(state) {
    const texts = this.#texts;
    this.#stopped = state.stopped;
    fill(this.#stop, texts.say(state.stopped ? "client.go_on" : "client.stop"), " ", el("kbd", {}, "S"));
    fill(this.#held, state.stopped ? texts.say("client.held", { n: state.held.length }) : "");
    const kept = new Set(state.rows.map((row) => row.number));
    for (const [number, node] of this.#shown) {
      if (kept.has(number)) continue;
      node.remove();
      this.#shown.delete(number);
    }
    let visible = 0;
    for (const row of state.rows) {
      const node = this.#shown.get(row.number) ?? this.#added(row);
      node.hidden = !isShown(row, state.filter);
      visible += node.hidden ? 0 : 1;
    }
    fill(this.#empty, visible > 0 ? "" : texts.say(state.rows.length > 0 ? "client.all_filtered" : "client.no_frames"));
    this.#empty.hidden = visible > 0;
  }

  #tools() {
    const texts = this.#texts;
    const who = el("select", {
      id: "filter-who",
      on: { change: () => this.#act({ kind: "filter", filter: { who: /** @type {any} */ (who.value) } }) },
    });
    for (const value of ["", "driver", "passenger"]) who.append(el("option", { value }, texts.say(`client.who_${value || "all"}`)));
    const words = el("input", {
      id: "filter-words",
      type: "search",
      autocomplete: "off",
      on: { input: () => this.#act({ kind: "filter", filter: { words: words.value } }) },
    });
    const noise = el("input", {
      id: "filter-noise",
      type: "checkbox",
      on: { change: () => this.#act({ kind: "filter", filter: { noise: noise.checked } }) },
    });
    const empty = el("button", { type: "button", class: "button plain", on: { click: () => this.#act({ kind: "empty" }) } }, texts.say("client.empty"));
    return el(
      "div",
      { class: "row tools" },
      el("div", { class: "field" }, el("label", { for: "filter-who" }, texts.say("client.of")), who),
      el("div", { class: "field" }, el("label", { for: "filter-words" }, texts.say("client.filter")), words),
      el("label", { class: "tick", for: "filter-noise" }, noise, texts.say("client.noise")),
      this.#stop,
      empty,
      this.#held,
    );
  }

  /** @param {Row} row */
  #added(row) {
    const node = el("li", { class: `frame ${row.way} ${row.mark ?? ""}` }, this.#row(row));
    this.#shown.set(row.number, node);
    const log = /** @type {HTMLElement} */ (this.#list.parentElement);
    const follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    this.#list.append(node);
    if (follows) log.scrollTop = log.scrollHeight;
    return node;
  }

  /** @param {Row} row */
  #row(row) {
    const texts = this.#texts;
    const words = [
      el("time", {}, timeOf(row.at)),
      el("span", { class: "way" }, el("span", { "aria-hidden": "true" }, ARROWS[row.way], " "), texts.say(`client.way_${row.way}`)),
      el("span", {}, texts.say(`client.${row.who}`)),
      code(row.type, "type"),
      row.seq === null ? null : code(`seq ${row.seq}`, "muted"),
      row.way === "link" ? null : code(`${row.bytes} B`, "muted"),
      row.mark === null ? null : el("strong", { class: "mark" }, el("span", { class: "hexagon", "aria-hidden": "true" }, "!"), this.#mark(row)),
    ];
    if (row.way === "link") return el("div", { class: "line" }, ...words);
    const details = el("details", {}, el("summary", { class: "line" }, ...words));
    // A frame is written out when somebody looks at it.
    details.addEventListener("toggle", () => details.append(el("pre", {}, JSON.stringify(row.frame, null, 2) ?? row.text)), { once: true });
    return details;
  }

  /** @param {Row} row */
  #mark(row) {
    if (row.mark === "gap") return this.#texts.say("client.gap", { n: row.missing });
    return this.#texts.say(row.way === "link" ? "client.closed_by_server" : "client.error");
  }
}

/** @param {number} at Unix milliseconds */
function timeOf(at) {
  const date = new Date(at);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
