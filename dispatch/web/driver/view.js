/** Draws a state: one screen, the bands above it, the request over it, the map behind it. A screen is made once and then changed in place. */

import { takeQuestionBack } from "../shell/dialog.js";
import { doneScreen } from "./done.js";
import { endedScreen, loadingScreen, replacedScreen } from "./ended.js";
import { offlineScreen, waitingScreen } from "./home.js";
import { el, fill, put } from "./layout.js";
import { NONE_MS, VAGUE_M } from "./position.js";
import { requestDialog } from "./request.js";
import { arrivedScreen, pickupScreen, tripScreen } from "./ride.js";
import { screenOf } from "./state.js";
import { FAR_M, pickupOf } from "./way.js";
import { closedText, endingText, heldBackText, newsText, warningText } from "./words.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./layout.js").Screen} Screen */
/**
 * @typedef {object} Scene what screens are made from
 * @property {import("../shell/texts.js").Texts} texts
 * @property {import("../shell/announcer.js").Announcer} announcer
 * @property {import("./sounds.js").Sounds} sounds
 * @property {{ on: boolean }} sound
 * @property {import("./position.js").Position} position
 * @property {import("./wake.js").WakeLock} wake
 * @property {import("./actions.js").Actions} actions
 * @property {{ withdraw(id: string): void, again(id: string): void }} steps
 * @property {() => State} state
 * @property {() => boolean} holds whether Accept is held down
 * @property {() => { nearest(spot: { lat: number, lon: number }): string | null } | null} streets once they are loaded
 * @property {(place: { lat: number, lon: number }) => number | null} metresTo from the driver; null where that is not known
 * @property {() => { metres: number, shown: import("../shell/eta.js").Shown | null } | null} arrival to where the ride leads now
 * @property {boolean} mayMove whether the driver may be put on the map by hand where the browser gives no position
 */

/** Milliseconds without link from which a band says what that means for the driver. */
const LOST_MS = 10_000;

/** @type {Record<string, (scene: Scene, state: State) => Screen>} */
const SCREENS = {
  loading: loadingScreen,
  offline: offlineScreen,
  waiting: waitingScreen,
  pickup: (scene, { ride }) => pickupScreen(scene, known(ride)),
  arrived: (scene, { ride }) => arrivedScreen(scene, known(ride)),
  trip: (scene, { ride }) => tripScreen(scene, known(ride)),
  done: (scene, { done }) => doneScreen(scene, known(done)),
  replaced: replacedScreen,
  ended: (scene, { link }) => endedScreen(scene, link.why ?? "forbidden"),
};

export class View {
  /** @type {Screen | null} */
  #screen = null;
  /** @type {ReturnType<typeof requestDialog> | null} */
  #request = null;
  #scene;
  #bands;
  #head = el("div", { class: "head" });
  #details = el("div", { class: "details" });
  #thumb = el("div", { class: "thumb" });
  #scroll;
  #closed = el("p", { class: "closed", test: "request-closed", hidden: true });
  #frame;
  /** Where the map goes. */
  mapBox = el("div", { class: "map" });

  /**
   * @param {HTMLElement} main
   * @param {import("../shell/bands.js").Bands} bands
   * @param {Scene} scene
   */
  constructor(main, bands, scene) {
    this.#scene = scene;
    this.#bands = bands;
    this.#scroll = el("div", { class: "scroll" }, this.#head, this.mapBox, this.#details);
    this.#frame = el("div", { class: "driver" }, this.#scroll, this.#thumb, this.#closed);
    fill(main, this.#frame);
  }

  /** @param {State} state */
  draw(state) {
    const name = screenOf(state);
    const key = keyOf(name, state);
    if (this.#screen === null || this.#screen.key !== key) this.#change(name, state);
    this.#screen?.update(state);
    this.#drawRequest(state);
    this.#drawBands(state);
    const { closed } = state;
    this.#closed.hidden = closed === null;
    put(this.#closed, closed === null ? "" : closedText(this.#scene.texts, closed.reason));
  }

  /** @param {string} name @param {State} state */
  #change(name, state) {
    const before = this.#screen;
    before?.end?.();
    takeQuestionBack();
    const hadFocus = this.#frame.contains(document.activeElement) && document.activeElement !== document.body;
    const screen = SCREENS[name](this.#scene, state);
    this.#screen = screen;
    this.#frame.dataset.screen = name;
    fill(this.#head, ...screen.head);
    fill(this.#details, ...screen.details);
    fill(this.#thumb, ...screen.thumb);
    this.#scroll.scrollTop = 0;
    this.#details.scrollTop = 0;
    // Focus moves only where what had it is gone. At the start of a page it is nobody's to move.
    if (before !== null && (hadFocus || document.activeElement === document.body)) screen.heading.focus({ preventScroll: true });
  }

  /** @param {State} state */
  #drawRequest(state) {
    const [offer] = state.offers;
    const open = offer !== undefined && !["replaced", "ended"].includes(screenOf(state));
    if (this.#request !== null && (!open || this.#request.offerId !== offer.offer_id)) {
      this.#request.close();
      this.#request = null;
      if (document.activeElement === document.body) this.#screen?.heading.focus({ preventScroll: true });
    }
    if (!open) return;
    this.#request ??= requestDialog(this.#scene, offer);
    this.#request.update(offer, state);
  }

  /** @param {State} state */
  #drawBands(state) {
    for (const [name, band] of Object.entries(bandsOf(this.#scene, state))) {
      if (band === null) this.#bands.hide(name);
      else this.#bands.show(name, band);
    }
  }
}

/**
 * The bands of the driver's page, by name; null: it does not stand there.
 *
 * @param {Scene} scene
 * @param {State} state
 * @returns {Record<string, import("../shell/bands.js").Band | null>}
 */
function bandsOf(scene, state) {
  const { texts: t, sounds, sound, wake, position, actions } = scene;
  const screen = screenOf(state);
  const over = screen === "replaced" || screen === "ended";
  const active = !over && (state.online || state.ride !== null);
  const lost = state.link.lostAt !== null && performance.now() - state.link.lostAt >= LOST_MS;
  const { ride, news, heldBack } = state;
  const info = (/** @type {string} */ text) => ({ kind: /** @type {const} */ ("info"), text });
  const warn = (/** @type {string} */ text) => ({ kind: /** @type {const} */ ("warn"), text });
  const soundOff = active && sound.on && (sounds.blocked || !sounds.awake);
  const pickup = ride === null ? null : scene.metresTo(pickupOf(ride));
  return {
    lost: lost && active ? warn(t.say(ride === null ? "driver.lost_idle" : "driver.lost_ride")) : null,
    held_back: heldBack !== null && !over ? { kind: "danger", text: heldBackText(t, heldBack) } : null,
    ending: state.ending.length > 0 && !over ? warn(state.ending.map((one) => endingText(t, one)).join(" ")) : null,
    warning: ride?.warning && !isNear(ride.warning, pickup) ? warn(warningText(t, ride.warning, ride.passenger_name, pickup === null ? "" : t.distance(pickup))) : null,
    news: news !== null && !over ? { ...info(newsText(t, news)), action: { label: t.say("shell.close"), run: () => actions.closeNews() } } : null,
    place: active ? placeBand(scene) : null,
    sound: soundOff ? { ...warn(t.say("driver.sound_tap")), action: { label: t.say("driver.sound_turn_on"), run: () => sounds.wake() } } : null,
    awake: active && wake.lost ? { ...warn(t.say("driver.may_sleep")), action: { label: t.say("shell.close"), run: () => wake.forgive() } } : null,
  };
}

/** Whether the driver who was far from the pickup is there by now. @param {string} warning @param {number | null} metres */
function isNear(warning, metres) {
  return warning === "far_from_pickup" && metres !== null && metres < FAR_M;
}

/** @param {Scene} scene @returns {import("../shell/bands.js").Band | null} */
function placeBand({ texts: t, position, actions, mayMove }) {
  const act = mayMove && !position.isByHand ? { label: t.say("driver.use_mark"), run: () => actions.useMark() } : { label: t.say("shell.try_again"), run: () => actions.askPosition() };
  if (position.trouble === "unasked") {
    return { kind: "danger", text: t.say("driver.position_unasked"), action: { label: t.say("driver.use_position"), run: () => actions.askPosition() } };
  }
  if (position.trouble === "denied") return { kind: "danger", text: t.say("driver.position_denied_long"), action: act };
  if (position.missingMs >= NONE_MS) return { kind: "danger", text: t.say("driver.no_position", { n: Math.floor(position.missingMs / 10_000) * 10 }), action: act };
  const accuracy = position.fix?.accuracyM ?? 0;
  return accuracy > VAGUE_M ? { kind: "warn", text: t.say("driver.too_vague", { metres: Math.round(accuracy) }) } : null;
}

/** Screens with another key are made anew. @param {string} name @param {State} state */
function keyOf(name, { ride, done, link }) {
  if (name === "done") return `done ${done?.ride_id}`;
  if (name === "ended") return `ended ${link.why ?? "forbidden"}`;
  return ["pickup", "arrived", "trip"].includes(name) ? `${name} ${ride?.ride_id}` : name;
}

/** @template T @param {T | null} value @returns {T} */
function known(value) {
  if (value === null) throw new Error("a screen without what it shows");
  return value;
}
