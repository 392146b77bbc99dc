/** The page for app developers: a driver and a passenger of one's own, every frame that passes, and what can be made to happen. */

import { el, fill } from "../shell/dom.js";
import { openFrame } from "../shell/page.js";
import { FrameLog } from "./log.js";
import { about, copies, People, Scenarios } from "./parts.js";
import { begun, tick } from "./scenarios.js";
import { newRide, Stage } from "./stage.js";
import { reduce, START } from "./state.js";

const { texts, town, announcer, main } = await openFrame({ page: "developer", title: "client.title" });
const { info } = await (await fetch("/openapi.json")).json();

let state = START;
/** @type {import("./scenarios.js").Progress | null} */
let progress = null;
/** @type {number | null} */
let linkBackAt = null;
let isDrawn = true;

const stage = new Stage({ base: location.origin, town, hear });
const parts = { texts, stage, announcer, town };
const people = new People(parts);
const log = new FrameLog(texts, act);
const scenarios = new Scenarios(parts, (name) => void run(name));
stage.on("changed", () => people.draw());
stage.on("cut", (ms) => (linkBackAt = performance.now() + ms));
setInterval(() => linkBackAt !== null && scenarios.draw(progress, cutS()), 1_000);

/** @param {import("./tap.js").Passed} passed */
function hear(passed) {
  act({ kind: "passed", passed });
  const row = (state.stopped ? state.held : state.rows).at(-1);
  if (progress === null || row === undefined) return;
  const ticked = tick(progress, row);
  if (ticked !== progress) {
    progress = ticked;
    scenarios.draw(progress, cutS());
    if (progress.state === "done") announcer.say(texts.say("client.scenario_done", { all: progress.ticked.length }));
  }
}

/** @param {import("./state.js").Happened} happened */
function act(happened) {
  state = reduce(state, happened);
  // Many frames may pass between two pictures.
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    log.draw(state);
  });
}

/** @param {import("./scenarios.js").Name} name */
async function run(name) {
  const rideId = newRide();
  progress = begun(name, rideId);
  scenarios.draw(progress);
  try {
    await stage.run(name, rideId);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    if (progress.state === "running") progress = { ...progress, state: "failed", why };
    announcer.call(texts.say("client.scenario_failed", { why }));
  }
  linkBackAt = null;
  scenarios.draw(progress);
}

function cutS() {
  const left = linkBackAt === null ? 0 : linkBackAt - performance.now();
  return left > 0 ? left / 1_000 : null;
}

document.addEventListener("keydown", (event) => {
  const at = /** @type {HTMLElement} */ (event.target);
  const isField = at.matches("input, select, textarea");
  if (event.key.toLowerCase() !== "s" || event.ctrlKey || event.metaKey || event.altKey || isField) return;
  event.preventDefault();
  log.toggle();
});

fill(
  main,
  el("h1", {}, texts.say("client.title")),
  el("div", { class: "columns" }, el("div", { class: "stack" }, about(parts, `dispatch ${info.version}`), people.element, scenarios.element, copies(parts)), log.element),
);
log.draw(state);
