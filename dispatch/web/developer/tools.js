import { FrameLog } from "./log.js";
import { copies, People, Scenarios } from "./parts.js";
import { begun, missingOf, tick } from "./scenarios.js";
import { newRide, Stage } from "./stage.js";
import { reduce, START } from "./state.js";

/**
 * @typedef {import("./scenarios.js").Progress} Progress
 * @typedef {{ texts: import("../shell/texts.js").Texts, town: any, announcer: import("../shell/announcer.js").Announcer }} Frame
 */

/** All that the page does: people and their sockets, scenarios, copies, and the rows of what passes. */
export class Tools {
  #frame;
  #state = START;
  /** @type {Progress | null} */
  #progress = null;
  /** @type {number | null} */
  #linkBackAt = null;
  #waitsToDraw = false;
  #stage;
  #scenarios;
  #log;

  /** @param {Frame} frame */
  constructor(frame) {
    this.#frame = frame;
    this.#stage = new Stage({ base: location.origin, town: frame.town, hear: (passed) => this.#hear(passed) });
    const parts = { ...frame, stage: this.#stage };
    const people = new People(parts);
    this.#log = new FrameLog(frame.texts, (happened) => this.#act(happened));
    this.#scenarios = new Scenarios(parts, (name) => void this.#run(name));
    this.#stage.on("changed", () => people.draw());
    this.#stage.on("cut", (ms) => (this.#linkBackAt = performance.now() + ms));
    setInterval(() => this.#linkBackAt !== null && this.#drawScenarios(), 1_000);
    document.addEventListener("keydown", (event) => this.#key(event));
    /** What one does, and what passes. */
    this.doing = [people.element, this.#scenarios.element, copies(parts)];
    this.log = this.#log.element;
    this.#log.draw(this.#state);
  }

  /** @param {import("./tap.js").Passed} passed */
  #hear(passed) {
    this.#act({ kind: "passed", passed });
    const row = (this.#state.stopped ? this.#state.held : this.#state.rows).at(-1);
    if (this.#progress === null || row === undefined) return;
    const ticked = tick(this.#progress, row);
    if (ticked === this.#progress) return;
    this.#progress = ticked;
    this.#drawScenarios();
    const { announcer, texts } = this.#frame;
    if (ticked.state === "done") announcer.say(texts.say("client.scenario_done", { all: ticked.ticked.length }));
  }

  /** @param {import("./state.js").Happened} happened */
  #act(happened) {
    this.#state = reduce(this.#state, happened);
    // Many frames may pass between two pictures.
    if (this.#waitsToDraw) return;
    this.#waitsToDraw = true;
    requestAnimationFrame(() => {
      this.#waitsToDraw = false;
      this.#log.draw(this.#state);
    });
  }

  /** @param {import("./scenarios.js").Name} name */
  async #run(name) {
    const rideId = newRide();
    const began = begun(name, rideId);
    this.#progress = began;
    this.#drawScenarios();
    try {
      await this.#stage.run(name, rideId);
      const missing = missingOf(this.#progress);
      if (missing !== "") throw new Error(missing);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (this.#progress.state === "running") this.#progress = { ...this.#progress, state: "failed", why };
      this.#frame.announcer.call(this.#frame.texts.say("client.scenario_failed", { why }));
    }
    this.#linkBackAt = null;
    this.#drawScenarios();
  }

  #drawScenarios() {
    const left = this.#linkBackAt === null ? 0 : this.#linkBackAt - performance.now();
    this.#scenarios.draw(this.#progress, left > 0 ? left / 1_000 : null);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const isField = /** @type {HTMLElement} */ (event.target).matches("input, select, textarea");
    if (event.key.toLowerCase() !== "s" || event.ctrlKey || event.metaKey || event.altKey || isField) return;
    event.preventDefault();
    this.#log.toggle();
  }
}
