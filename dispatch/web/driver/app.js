/** The page of a driver: what comes over the socket changes one state, and the state is drawn. */

import { metresBetween } from "../map/streets.js";
import { errorText } from "../shell/errors.js";
import { Eta } from "../shell/eta.js";
import { keep, recall } from "../shell/keep.js";
import { showLink } from "../shell/link.js";
import { openedPage } from "../shell/page.js";
import { choose, chosen, followSun } from "../shell/theme.js";
import { Actions } from "./actions.js";
import { navigator } from "./layout.js";
import { DriverMap } from "./map.js";
import { Position } from "./position.js";
import { Sounds } from "./sounds.js";
import { begin, reduce, screenOf, toKeep } from "./state.js";
import { isNight } from "./sun.js";
import { TodaysTakings } from "./takings.js";
import { View } from "./view.js";
import { WakeLock } from "./wake.js";
import { goalOf, NAVIGATOR_NAMES, NAVIGATORS, secondsTo } from "./way.js";
import { told } from "./words.js";

/** @typedef {Record<string, any> & { type: string }} Message */

const TICK_MS = 1_000;
/** Where a mark stands that nobody has moved, in a town whose bounds nobody has told: Johannesburg, as in the README. */
const SOMEWHERE = { south: -26.21, west: 28.03, north: -26.19, east: 28.06 };

const page = await openedPage();
const { client, town, texts, announcer, main, bands, person, menu, sound } = page;

let state = begin(recall("page") ?? {});
let heard = recall("heard");
const knewNothing = heard === null;
const connection = client.driver(person.id, {
  heard,
  remember: (now) => {
    heard = now;
    keep("heard", now);
  },
});
const clock = { now: () => performance.now(), wall: () => Date.now(), get roundTripMs() { return connection.roundTripMs; } };

// Until the driver's own place is known it is as dark as in the town, so that going online does not change it.
if (town.bounds) followSun(isNight(new Date(), middleOf(town.bounds)));
const mark = () => recall("mark") ?? middleOf(town.bounds ?? SOMEWHERE);
const position = new Position({ connection, byHand: town.sandbox ? mark() : null, changed: () => placed(), clockOffMs: () => client.session.clockOffMs });
const sounds = new Sounds(() => sound.on, () => draw());
const wake = new WakeLock(() => draw());
const takings = new TodaysTakings({ client, guest: person.guest, currency: town.currency ?? null, tell: (takings) => dispatch({ type: "page:takings", takings }) });
const failed = (/** @type {unknown} */ error) => {
  const text = errorText(error, texts);
  bands.show("failed", { kind: "danger", text, action: { label: texts.say("shell.close"), run: () => bands.hide("failed") } });
  announcer.call(text);
};
const actions = new Actions({ client, connection, driverId: person.id, dispatch, state: () => state, sounds, wake, position, mark, failed, switched: () => void takings.refresh() });
const map = new DriverMap({ texts, town, moved });
const holds = () => chosen("hold", ["on", "off"], "off") === "on";
const view = new View(main, bands, {
  texts, announcer, sounds, sound, position, wake, actions,
  steps: { withdraw: (id) => actions.withdraw(id), again: (id) => actions.again(id) },
  state: () => state,
  holds,
  streets: () => map.streets,
  metresTo: (place) => (position.fix === null ? null : metresBetween(position.fix, place)),
  arrival,
  mayMove: town.auth === "off",
});
/** @type {string | null} the request about whose silence the server was asked */
let askedAbout = null;

/** @param {Message} message */
function dispatch(message) {
  const before = state;
  state = reduce(state, message, clock);
  if (state !== before) follow(before, message);
  draw();
}

/** What a change of the state brings about beside the drawing. @param {import("./state.js").State} before @param {Message} message */
function follow(before, message) {
  const { call, say, sound: played } = told(texts, before, message, state);
  if (call) announcer.call(call);
  else if (say) announcer.say(say);
  if (played) void sounds.play(played);
  keep("page", toKeep(state));
  if (state.tellOff) actions.tellOff();
  const isOver = ["replaced", "ended"].includes(screenOf(state));
  const isActive = !isOver && (state.online || state.ride !== null);
  wake.want(isActive);
  position.ride(state.ride !== null);
  if (!isActive) position.stop();
  else if (state.settled) void position.startIfAllowed();
  if (message.type === "ride_completed") void takings.completed(/** @type {any} */ (message));
  if (message.type === "ride_cancelled") void takings.refresh();
  if (state.settled && isActive) void map.open(view.mapBox);
}

/** Nothing is drawn that nobody sees: what a hidden page has missed is drawn when it is seen again. */
function draw() {
  if (document.visibilityState === "hidden" && state.offers.length === 0) return;
  view.draw(state);
  map.draw(state, position);
}

function placed() {
  if (position.fix !== null) followSun(isNight(new Date(), position.fix));
  draw();
}

/** The driver was moved by hand. @param {{ lat: number, lon: number }} spot */
function moved(spot) {
  keep("mark", spot);
  position.moveTo(spot);
}

function ticked() {
  dispatch({ type: "page:tick" });
  const [offer] = state.offers;
  const isSilent = offer !== undefined && offer.silence.leftMs === 0 && offer.offer_id !== askedAbout;
  if (!isSilent) return;
  askedAbout = offer.offer_id;
  resume();
}

/** Asks the server how things stand. */
function resume() {
  if (heard !== null) connection.say("resume", heard);
}

/** The phone may have slept. */
function woke() {
  if (document.visibilityState !== "visible") return;
  dispatch({ type: "page:woke" });
  resume();
}

/** @type {{ of: string, eta: Eta }} */
let arriving = { of: "", eta: new Eta() };

/** When the driver is where the ride leads to now, and how far that is; null where that is not known. */
function arrival() {
  const { ride } = state;
  const { fix } = position;
  if (ride === null || fix === null) return null;
  const of = `${ride.ride_id} ${ride.status}`;
  if (arriving.of !== of) arriving = { of, eta: new Eta() };
  const metres = metresBetween(fix, goalOf(ride));
  const seconds = secondsTo(ride, metres);
  if (seconds !== null) arriving.eta.heard(seconds, fix.at);
  return { metres, shown: arriving.eta.shown(performance.now()) };
}

/** @param {{ south: number, west: number, north: number, east: number }} bounds */
function middleOf({ south, west, north, east }) {
  return { lat: (south + north) / 2, lon: (west + east) / 2 };
}

connection.on("message", (/** @type {any} */ message) => dispatch(message));
connection.on("pong", () => knewNothing && !state.settled && dispatch({ type: "page:unknown" }));
showLink({ connection, bands, texts, announcer, useHere: () => actions.useHere() });
connection.on("status", (status) => {
  dispatch({ type: "page:link", ...status });
  // The whole screen says it, with a button of its own.
  if (status.state === "closed") bands.hide("link");
  if (status.state !== "open") return;
  // A little later: the first word on a new link is what was heard before.
  setTimeout(() => connection.say("ping"));
  void takings.refresh();
});
sound.onChange(() => draw());
const holdLabel = () => texts.say(holds() ? "driver.tap_accept" : "driver.hold_accept");
const holdEntry = menu.add({
  label: holdLabel(),
  run: () => {
    choose("hold", holds() ? "off" : "on");
    holdEntry.textContent = holdLabel();
  },
});
const navigatorName = (/** @type {typeof NAVIGATORS[number]} */ one) => (one === "phone" ? texts.say("driver.navigator_phone") : NAVIGATOR_NAMES[one]);
menu.choice({
  id: "navigator",
  test: "navigator",
  label: texts.say("driver.navigate_with"),
  options: NAVIGATORS.map((value) => ({ value, name: navigatorName(value) })),
  now: navigator(),
  run: (value) => choose("navigator", value),
});
document.addEventListener("visibilitychange", woke);
// After a reload sounds are asleep until somebody touches the page: any touch will do.
document.addEventListener("pointerup", () => sound.on && !sounds.awake && state.online && sounds.wake(false));
addEventListener("pageshow", (event) => event.persisted && woke());
setInterval(ticked, TICK_MS);
dispatch({ type: "page:link", ...connection.status });
