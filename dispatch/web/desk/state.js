/** What the desk's page shows, and what it may do. Pure: `reduce` makes the next state of a message; everything else is asked of the board. */

import { ageS, isOver, kindOfRide, NEEDS } from "./board.js";

/** @typedef {import("../client/types").RideRow} RideRow */
/** @typedef {typeof VIEWS[number]} View */
/** @typedef {"ride" | "why" | "assign" | "reassign" | "close" | "edit" | "fare"} Part what the ride's panel shows under its head */
/** @typedef {{ view: View, ride: string | null, isOpen: boolean, part: Part, wide: boolean, hidden: ReadonlySet<number> }} State
 * `isOpen`: the panel of the ride is to be seen
 */
/**
 * @typedef {{ type: "view", view: View } | { type: "ride", ride: string | null, part?: Part } | { type: "part", part: Part }
 *   | { type: "wide" } | { type: "toggle", kind: number }} Message
 */
/** @typedef {{ unasked_s: number, waiting_s: number }} Alarm */
/**
 * @typedef {{ ride_id: string, status: string, at: number, address: string, name: string }} Missed a ride that ended without anybody to drive
 *   it; `at`: when, in milliseconds since 1970
 */
/** @typedef {{ id: string, kind: number, ageS: number, row: RideRow | null, missed: Missed | null }} Unserved */

export const VIEWS = /** @type {const} */ (["map", "rides", "drivers", "people", "day", "audit"]);
const WITH_RIDES = /** @type {ReadonlySet<View>} */ (new Set(["map", "rides"]));
/** Rides that ended without a driver stay in the list of the unserved for so long. */
export const MISSED_FOR_MS = 30 * 60_000;
/** Views that only a manager may see. */
export const MANAGERS_VIEWS = /** @type {ReadonlySet<View>} */ (new Set(["day", "audit"]));

/** @returns {State} */
export function firstState() {
  return { view: "map", ride: null, isOpen: false, part: "ride", wide: false, hidden: new Set([5]) };
}

/**
 * The view that the address names; the map where it names none.
 *
 * @param {string} hash `#rides`
 * @returns {View}
 */
export function viewOf(hash) {
  const name = /** @type {View} */ (hash.replace(/^#/, ""));
  return VIEWS.includes(name) ? name : "map";
}

/**
 * @param {State} state
 * @param {Message} message
 * @returns {State}
 */
export function reduce(state, message) {
  switch (message.type) {
    case "view":
      // Lists of rides keep the panel beside them; other views have its room until a ride is opened from them.
      if (message.view === state.view) return state;
      return { ...state, view: message.view, wide: false, isOpen: state.ride !== null && WITH_RIDES.has(message.view) };
    case "ride":
      return { ...state, ride: message.ride, isOpen: message.ride !== null, part: message.part ?? "ride", wide: message.ride !== null && state.wide };
    case "part":
      return state.isOpen ? { ...state, part: message.part } : state;
    case "wide":
      return !state.isOpen ? state : { ...state, wide: !state.wide };
    case "toggle": {
      const hidden = new Set(state.hidden);
      if (!hidden.delete(message.kind)) hidden.add(message.kind);
      return { ...state, hidden };
    }
  }
}

/**
 * What staff may do with a ride now. The server decides; this is what the page offers.
 *
 * @param {{ status: string }} ride
 * @param {{ manager?: boolean }} person
 * @returns {Set<"assign" | "bind" | "reassign" | "close" | "places" | "note" | "fare" | "again">}
 */
export function actionsFor({ status }, { manager = false }) {
  /** @type {ReturnType<typeof actionsFor>} */
  const may = new Set();
  if (isOver(status)) return status === "completed" ? may : may.add("again");
  may.add("close").add("note");
  if (status === "scheduled" || status === "pending") may.add("places");
  if (status === "pending") may.add("assign");
  if (status === "pending" && manager) may.add("bind");
  if (status === "accepted") may.add("reassign");
  if (manager && status !== "scheduled" && status !== "pending") may.add("fare");
  return may;
}

/**
 * Who waits too long, the longest first, and then who was not served at all, the latest first.
 *
 * @param {Iterable<RideRow>} rides
 * @param {Iterable<Missed>} missed
 * @param {number} serverNow milliseconds since 1970
 * @param {Alarm} alarm
 * @returns {Unserved[]}
 */
export function unserved(rides, missed, serverNow, alarm) {
  /** @type {Unserved[]} */
  const waiting = [];
  for (const row of rides) {
    if (row.status !== "pending") continue;
    waiting.push({ id: row.ride_id, kind: kindOfRide(row, serverNow, alarm), ageS: ageS(row, serverNow), row, missed: null });
  }
  waiting.sort((a, b) => b.ageS - a.ageS || (a.id < b.id ? -1 : 1));
  const ended = [...missed]
    .filter(({ at }) => serverNow - at < MISSED_FOR_MS)
    .sort((a, b) => b.at - a.at)
    .map((one) => ({ id: one.ride_id, kind: NEEDS, ageS: (serverNow - one.at) / 1_000, row: null, missed: one }));
  return [...waiting, ...ended];
}

/** Seconds that half of those who wait now have waited at most; null: nobody waits. @param {readonly Unserved[]} list */
export function medianWaitS(list) {
  const ages = list.filter(({ missed }) => missed === null).map(({ ageS }) => ageS);
  return ages.length === 0 ? null : ages[ages.length >> 1];
}

/**
 * The order of a list that people read and click: what was there stays where it is, what is gone leaves, and what is new waits while the list
 * is in use.
 *
 * @param {readonly string[]} shown ids as they stand now
 * @param {readonly string[]} wanted ids as they would stand
 * @param {boolean} isBusy somebody points at a row, or has just done so
 * @returns {{ order: string[], waiting: number }} `waiting`: how many new ones are not shown
 */
export function settled(shown, wanted, isBusy) {
  if (!isBusy) return { order: [...wanted], waiting: 0 };
  const known = new Set(shown);
  // A row that is gone keeps its place as well: the next one would slip under the pointer.
  return { order: [...shown], waiting: wanted.filter((id) => !known.has(id)).length };
}

/**
 * What staff can do with a driver for a ride: have them asked, or give them the ride without an answer. A driver who holds an offer of the ride
 * is asked already, and that offer can become the ride.
 *
 * @param {{ why_not_asked?: string }} driver
 * @param {boolean} mayBind
 */
export function deedsWith({ why_not_asked: why }, mayBind) {
  return { ask: why === undefined, bind: mayBind && (why === undefined || why === "thinking") };
}

/**
 * A list of which the beginning was read again: behind it stays what was further down.
 *
 * @template {{ ride_id: string }} Ride
 * @param {readonly Ride[]} shown
 * @param {readonly Ride[]} first the newest, as they are now
 * @returns {Ride[]}
 */
export function listedAgain(shown, first) {
  const known = new Set(first.map(({ ride_id }) => ride_id));
  const last = shown.map(({ ride_id }) => known.has(ride_id)).lastIndexOf(true);
  return last < 0 ? [...first] : [...first, ...shown.slice(last + 1)];
}

/**
 * A sentence's numbers about one round of a ride's search: how many were asked, of how many who were near, and how many were dropped.
 *
 * @param {{ considered: { rule: string }[], others?: Record<string, number> }} round
 */
export function roundSum({ considered }) {
  const asked = considered.filter(({ rule }) => rule === "asked" || rule === "pushed").length;
  return { asked, near: considered.length, dropped: considered.length - asked };
}
