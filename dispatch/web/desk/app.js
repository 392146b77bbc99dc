/** The desk's page: joins the socket, the lists, the map, the row for bookings and the views, and hears the keyboard. */

import { el, fill } from "../shell/dom.js";
import { keep, recall } from "../shell/keep.js";
import { showLink } from "../shell/link.js";
import { openedPage } from "../shell/page.js";
import { loadStreets } from "../map/streets.js";
import { Board, FREE, isOver, NEEDS } from "./board.js";
import { bookingRow } from "./booking.js";
import { deskFoot, deskTop } from "./frame.js";
import { listenToKeys } from "./listen.js";
import { mapLists } from "./map-lists.js";
import { deskMap } from "./desk-map.js";
import { ridePanel } from "./ride-panel.js";
import { Roster } from "./roster.js";
import { firstState, MANAGERS_VIEWS, medianWaitS, reduce, unserved, viewOf } from "./state.js";

const SILENT_MS = 3_000;
const TEXTS_EVERY_MS = 500;
const TELL_FOR_MS = 10_000;
const HEXAGON_EVERY_MS = 5_000;
const MISSED_PAGE = 50;
const NARROW = matchMedia("(max-width: 44.99em), (max-height: 31em)");

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Message} Message */
/** @typedef {import("./state.js").Missed} Missed */
/**
 * @typedef {object} ViewPart
 * @property {HTMLElement} element
 * @property {() => void} show it is looked at from now on
 * @property {(id: string) => void} heard a ride has changed
 * @property {() => void} draw brings what is in view up to date; called often
 * @property {(step: number) => void} move goes to another row
 * @property {(text?: string) => void} find focuses its field to search
 * @property {() => boolean} [back] closes what lies over it; whether anything did
 * @property {() => void} [table] shows charts as tables
 */

/** What all parts of the page share. */
export class Desk {
  board = new Board();
  /** @type {State} */
  state = firstState();
  /** Rides that ended without a driver. @type {Map<string, Missed>} */
  missed = new Map();
  isOld = false;
  #waiting = /** @type {readonly import("./state.js").Unserved[]} */ ([]);
  /** Rides that need a person, as they were announced. @type {Set<string>} */
  #told = new Set();
  #toldAt = -Infinity;
  #isFirst = true;
  #drawnAt = -Infinity;
  #isDue = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #tellTimer;
  /** @type {Map<import("./state.js").View, ViewPart>} */
  #views = new Map();
  /** @type {() => void} */
  #endLink = () => {};

  /**
   * @param {import("../shell/page.js").Page} page
   * @param {import("../map/streets.js").Streets | null} streets
   */
  constructor(page, streets) {
    this.page = page;
    this.streets = streets;
    this.session = page.client.session;
    const { alarm_unasked_s, alarm_waiting_s } = page.town;
    this.alarm = { unasked_s: alarm_unasked_s, waiting_s: alarm_waiting_s };
    this.roster = new Roster(this.session, () => this.drawSoon());
    this.top = deskTop(this);
    this.booking = bookingRow(this);
    this.panel = ridePanel(this);
    this.lists = mapLists(this);
    this.map = deskMap(this);
    this.foot = deskFoot(this);
    this.told = el("div", { class: "desk-told band info", hidden: true });
    this.work = el("div", { class: "work" });
    fill(page.main, el("h1", { class: "hidden-text" }, page.texts.say("desk.title")), this.booking.element, this.told, this.work, this.foot.element);
    page.bar.querySelector(".brand")?.after(this.top.element);
    this.mapView = el("div", { class: "map-view" }, this.lists.element, this.map.element);
  }

  start() {
    this.state = reduce(this.state, { type: "view", view: viewOf(location.hash) });
    addEventListener("hashchange", () => this.send({ type: "view", view: viewOf(location.hash) }));
    listenToKeys(this);
    this.page.menu.add({ label: this.page.texts.say("desk.keys"), run: () => this.foot.showKeys() });
    this.#connect();
    void this.roster.read();
    void this.#readMissed();
    void this.#showView();
    const ride = recall("ride");
    if (typeof ride === "string") this.send({ type: "ride", ride });
    setInterval(() => this.#tick(), TEXTS_EVERY_MS);
    document.addEventListener("visibilitychange", () => this.drawSoon());
  }

  // -- the socket

  #connect() {
    this.#endLink();
    const connection = this.page.client.desk();
    const { bands, texts, announcer } = this.page;
    this.#endLink = showLink({ connection, bands, texts, announcer, useHere: () => this.#connect() });
    connection.on("message", (/** @type {any} */ message) => {
      const { fault, rides } = this.board.hear(message, performance.now());
      if (fault) {
        // The socket loses nothing, so this cannot be mended by waiting: the whole board comes with a new connection.
        connection.close();
        return this.#connect();
      }
      for (const row of rides) this.#heard(row);
      this.map.moved();
      if (rides.length > 0 || message.type === "board") this.drawSoon();
    });
  }

  /** @param {import("../client/types").RideRow} row */
  #heard(row) {
    this.panel.heard(row.ride_id);
    this.#views.get(this.state.view)?.heard(row.ride_id);
    if (row.status === "no_drivers") this.#miss(row, this.board.at);
    else if (row.status === "cancelled") void this.#readEnd(row.ride_id);
    else if (!isOver(row.status)) this.missed.delete(row.ride_id);
  }

  /** @param {{ ride_id: string, status: string, pickup_address: string, passenger_name?: string }} ride @param {number} at */
  #miss(ride, at) {
    this.missed.set(ride.ride_id, { ride_id: ride.ride_id, status: ride.status, at, address: ride.pickup_address, name: ride.passenger_name ?? "" });
  }

  /** A ride was cancelled: only what the system cancels is missed. @param {string} id */
  async #readEnd(id) {
    try {
      const ride = await this.session.request("GET", `/api/rides/${encodeURIComponent(id)}`);
      if (ride.ended_by === "system") this.#miss(ride, Date.parse(ride.ended_at));
    } catch {
      // The list of all rides has it.
    }
  }

  async #readMissed() {
    try {
      for (const state of ["no_drivers", "cancelled"]) {
        const page = await this.session.request("GET", "/api/rides", { query: { state, limit: MISSED_PAGE } });
        for (const ride of page.rides) if (state === "no_drivers" || ride.ended_by === "system") this.#miss(ride, Date.parse(ride.ended_at));
      }
    } catch {
      // Those of before are in the list of all rides.
    }
    this.drawSoon();
  }

  // -- what the parts ask for

  /** The server's clock, milliseconds since 1970. */
  serverNow() {
    return this.board.isThere ? this.board.serverNow(performance.now()) : Date.now();
  }

  /** Changes what is shown. @param {Message} message */
  send(message) {
    const before = this.state;
    this.state = reduce(before, message);
    if (this.state.view !== before.view) {
      if (viewOf(location.hash) !== this.state.view) history.pushState(null, "", `#${this.state.view}`);
      void this.#showView();
    }
    if (this.state.ride !== before.ride) keep("ride", this.state.ride);
    void this.panel.show();
    this.map.showRide();
    this.#layOut();
    this.#draw();
    // On a narrow screen the panel stands above the list that was clicked.
    if (message.type === "ride" && message.ride !== null && NARROW.matches) this.panel.element.scrollIntoView();
  }

  /** @param {string} id */
  openRide(id) {
    this.send({ type: "ride", ride: id });
    this.panel.focus();
  }

  /** Closes what lies on top: a form in the panel, the panel, what a view has open. */
  back() {
    if (this.state.part !== "ride") return this.send({ type: "part", part: "ride" });
    if (this.#views.get(this.state.view)?.back?.()) return;
    if (!this.state.isOpen) return this.leaveField();
    this.send({ type: "ride", ride: null });
    this.leaveField();
  }

  /** Says what was done, to the eye for ten seconds and to the ear. @param {string} sentence @param {{ label: string, run: () => Promise<void> }} [action] */
  tell(sentence, action) {
    this.page.announcer.say(sentence);
    clearTimeout(this.#tellTimer);
    const run = async () => {
      this.told.hidden = true;
      await action?.run();
    };
    fill(this.told, el("span", {}, sentence), action ? el("button", { type: "button", class: "button small-button", test: "undo", on: { click: run } }, action.label) : null);
    this.told.hidden = false;
    this.#tellTimer = setTimeout(() => {
      this.told.hidden = true;
    }, TELL_FOR_MS);
  }

  /** @param {{ lat: number, lon: number } | null} from @param {{ lat: number, lon: number } | null} to */
  showEnds(from, to) {
    this.map.showEnds(from, to);
  }

  /** Focus goes from a field back to the page, so that keys are the desk's again. */
  leaveField() {
    this.page.main.focus();
  }

  /** @param {number} slot */
  showDriver(slot) {
    this.send({ type: "view", view: "map" });
    this.map.showDriver(slot);
  }

  /** @param {string} text */
  findEverywhere(text) {
    this.send({ type: "view", view: "rides" });
    void this.#view("rides").then((view) => view?.find(text));
  }

  /** What key asks for. @param {import("./keys.js").Deed} deed @returns {boolean} whether it was done */
  does(deed) {
    return this.#deeds[deed]?.() ?? true;
  }

  /** @type {Record<import("./keys.js").Deed, () => boolean | void>} */
  #deeds = {
    book: () => this.booking.focus(),
    find: () => (this.state.view === "map" ? this.lists.focusFind() : this.#views.get(this.state.view)?.find()),
    unserved: () => {
      this.send({ type: "view", view: "map" });
      this.lists.focusUnserved();
    },
    rides: () => this.send({ type: "view", view: "rides" }),
    drivers: () => this.send({ type: "view", view: "drivers" }),
    map: () => this.send({ type: "view", view: "map" }),
    next: () => this.#move(1),
    previous: () => this.#move(-1),
    open: () => {
      // Enter belongs to what has the focus; only from the panel's heading it widens the panel.
      if (document.activeElement?.id !== "ride-title") return false;
      this.send({ type: "wide" });
    },
    back: () => this.back(),
    why: () => this.#open(this.state.part === "why" ? "ride" : "why"),
    assign: () => this.#open("assign"),
    reassign: () => this.#open("reassign"),
    close: () => this.#open("close"),
    fit: () => this.map.fit(),
    table: () => this.#views.get(this.state.view)?.table?.(),
    pause: () => this.foot.press("pause"),
    slower: () => this.foot.press("slower"),
    faster: () => this.foot.press("faster"),
    keys: () => this.foot.showKeys(),
  };

  /** Opens a part of the ride's panel, if the ride allows it. @param {import("./state.js").Part} part */
  #open(part) {
    if (this.panel.may(part)) this.send({ type: "part", part });
  }

  /** @param {number} step */
  #move(step) {
    if (this.state.view === "map") this.lists.move(step);
    else this.#views.get(this.state.view)?.move(step);
  }

  // -- drawing

  async #showView() {
    const { view } = this.state;
    this.top.choose(view);
    void this.panel.show();
    const part = view === "map" ? null : await this.#view(view);
    if (view !== this.state.view) return;
    fill(this.work, part?.element ?? this.mapView, this.panel.element);
    this.#layOut();
    part?.show();
    this.#draw();
  }

  #layOut() {
    const { view, isOpen } = this.state;
    this.work.dataset.view = view;
    this.work.classList.toggle("has-ride", isOpen);
  }

  /** @param {import("./state.js").View} view @returns {Promise<ViewPart | null>} */
  async #view(view) {
    const known = this.#views.get(view);
    if (known || view === "map") return known ?? null;
    if (MANAGERS_VIEWS.has(view) && !this.page.person.manager) return this.#forbidden(view);
    const made = await this.#makers[view](this);
    this.#views.set(view, made);
    return made;
  }

  /** @type {Record<"rides" | "drivers" | "people" | "day" | "audit", (desk: Desk) => Promise<ViewPart>>} */
  #makers = {
    rides: async (desk) => (await import("./view-rides.js")).ridesView(desk),
    drivers: async (desk) => (await import("./view-drivers.js")).driversView(desk),
    people: async (desk) => (await import("./view-people.js")).peopleView(desk),
    day: async (desk) => (await import("./view-day.js")).dayView(desk),
    audit: async (desk) => (await import("./view-audit.js")).auditView(desk),
  };

  /** @param {import("./state.js").View} view @returns {ViewPart} */
  #forbidden(view) {
    const { texts } = this.page;
    const nothing = () => {};
    const words = el("p", { class: "empty" }, texts.say("desk.needs_role", { role: texts.say("desk.role_manager") }));
    return { element: el("section", { class: "view" }, el("h2", {}, texts.say(`desk.view_${view}`)), words), show: nothing, heard: nothing, draw: nothing, move: nothing, find: nothing };
  }

  /** Draws the texts at the next frame, at most once in half a second. */
  drawSoon() {
    if (document.hidden || this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      if (performance.now() - this.#drawnAt >= TEXTS_EVERY_MS / 2) this.#draw();
    }, Math.max(0, this.#drawnAt + TEXTS_EVERY_MS - performance.now()));
  }

  #tick() {
    const silentMs = performance.now() - this.board.heardAt;
    const isOld = this.board.isThere && silentMs > Math.max(SILENT_MS, 3 * this.board.beatMs);
    if (isOld !== this.isOld) this.#age(isOld);
    if (!document.hidden && performance.now() - this.#drawnAt >= TEXTS_EVERY_MS - 20) this.#draw();
  }

  /** Who waits now, the longest first, and whom nobody came for. */
  waiting() {
    return unserved(this.board.rides.values(), this.missed.values(), this.serverNow(), this.alarm);
  }

  /** @param {boolean} isOld */
  #age(isOld) {
    this.isOld = isOld;
    const { bands, texts, announcer } = this.page;
    document.documentElement.toggleAttribute("data-old", isOld);
    this.map.age(isOld);
    if (!isOld) return bands.hide("stream");
    const text = texts.say("shell.live_stopped", { time: texts.timeWithSeconds(new Date(this.board.at)) });
    bands.show("stream", { kind: "danger", text });
    announcer.call(text);
  }

  #draw() {
    this.#drawnAt = performance.now();
    this.#waiting = this.waiting();
    if (this.state.view === "map") this.lists.draw(this.#waiting);
    const hexagons = this.#waiting.filter(({ kind }) => kind === NEEDS);
    const { counts } = this.board;
    this.top.draw({
      unserved: hexagons.length,
      searching: this.#waiting.filter(({ missed }) => missed === null).length,
      free: counts[FREE],
      medianS: medianWaitS(this.#waiting),
      at: this.serverNow(),
    });
    this.map.draw(this.#waiting);
    this.panel.tick();
    this.foot.draw();
    if (this.state.view !== "map") this.#views.get(this.state.view)?.draw();
    this.#alarm(hexagons);
  }

  /** Tells of one new hexagon at most in five seconds. @param {readonly import("./state.js").Unserved[]} hexagons */
  #alarm(hexagons) {
    if (!this.board.isThere) return;
    const ids = new Set(hexagons.map(({ id }) => id));
    for (const id of this.#told) if (!ids.has(id)) this.#told.delete(id);
    const fresh = hexagons.filter(({ id }) => !this.#told.has(id));
    if (fresh.length === 0) {
      this.#isFirst = false;
      return;
    }
    if (performance.now() - this.#toldAt < HEXAGON_EVERY_MS) return;
    for (const { id } of fresh) this.#told.add(id);
    this.#toldAt = performance.now();
    const [one] = fresh;
    const { texts, announcer } = this.page;
    const address = one.row?.pickup_address ?? one.missed?.address ?? "";
    announcer.say(texts.say(one.missed ? "desk.alarm_missed" : "desk.alarm", { time: texts.duration(one.ageS), address }));
    if (!this.#isFirst) this.foot.alarm();
    this.#isFirst = false;
  }
}

const page = await openedPage();
const desk = new Desk(page, await loadStreets(page.town.map?.streets));
desk.start();
