/**
 * What the page for app developers shows of the frames that pass: pure, a state and what happened give the next state.
 */

/** So many rows are kept; older ones go. */
export const LONGEST_LOG = 500;
/** Frames that come all the time and are of interest to few. */
const NOISE = new Set(["ping", "pong", "location_update", "driver_location"]);
/** Fields that hold what nobody may read off a screen. */
const SECRET = new Set(["token"]);

/**
 * @typedef {import("./tap.js").Passed} Passed
 * @typedef {import("./tap.js").Who} Who
 * @typedef {Passed & {
 *   number: number, type: string, bytes: number, frame: Record<string, any> | null, seq: number | null,
 *   mark: "gap" | "error" | null, missing: number,
 * }} Row `missing`: how many numbers of the stream were left out before this one
 * @typedef {{ who: Who | "", words: string, noise: boolean }} Filter `noise`: pings and positions are shown as well
 * @typedef {{
 *   rows: Row[], held: Row[], stopped: boolean, filter: Filter, next: number,
 *   heard: Partial<Record<Who, { epoch: string, seq: number }>>,
 * }} State `held`: what came since somebody stopped the rows
 * @typedef {{ kind: "passed", passed: Passed } | { kind: "stop" } | { kind: "go" } | { kind: "empty" }
 *   | { kind: "filter", filter: Partial<Filter> }} Happened
 */

/** @type {State} */
export const START = { rows: [], held: [], stopped: false, filter: { who: "", words: "", noise: false }, next: 1, heard: {} };

/**
 * @param {State} state
 * @param {Happened} happened
 * @returns {State}
 */
export function reduce(state, happened) {
  switch (happened.kind) {
    case "passed":
      return added(state, happened.passed);
    case "stop":
      return { ...state, stopped: true };
    case "go":
      return { ...state, stopped: false, rows: youngest([...state.rows, ...state.held]), held: [] };
    case "empty":
      return { ...state, rows: [], held: [] };
    case "filter":
      return { ...state, filter: { ...state.filter, ...happened.filter } };
  }
}

/**
 * Whether the filter lets this row be seen. What is wrong is always seen of whoever is looked at.
 *
 * @param {Row} row
 * @param {Filter} filter
 */
export function isShown(row, { who, words, noise }) {
  if (who !== "" && row.who !== who) return false;
  if (row.mark !== null) return true;
  if (!noise && NOISE.has(row.type)) return false;
  return words === "" || `${row.type} ${row.text}`.toLowerCase().includes(words.toLowerCase());
}

/**
 * @param {State} state
 * @param {Passed} passed
 * @returns {State}
 */
function added(state, passed) {
  const row = rowOf(passed, state.next);
  const heard = { ...state.heard };
  const epoch = row.frame?.epoch;
  if (row.way === "in" && row.seq !== null && typeof epoch === "string") {
    const last = heard[row.who];
    const anew = last === undefined || last.epoch !== epoch || (row.type === "snapshot" && row.frame?.recovered === false);
    if (!anew && row.seq > last.seq + 1) {
      row.mark = "gap";
      row.missing = row.seq - last.seq - 1;
    }
    heard[row.who] = { epoch, seq: anew ? row.seq : Math.max(row.seq, last.seq) };
  }
  const list = state.stopped ? "held" : "rows";
  return { ...state, heard, next: state.next + 1, [list]: youngest([...state[list], row]) };
}

/**
 * @param {Passed} passed
 * @param {number} number
 * @returns {Row}
 */
function rowOf(passed, number) {
  const bytes = passed.way === "link" ? 0 : new TextEncoder().encode(passed.text).length;
  /** @type {Row} */
  const row = { ...passed, number, bytes, type: passed.text, frame: null, seq: null, mark: null, missing: 0 };
  if (passed.way === "link") return { ...row, mark: /closed 4(?!009)\d+/.test(passed.text) ? "error" : null };
  try {
    const frame = JSON.parse(passed.text, (key, value) => (SECRET.has(key) ? "•••" : value));
    row.frame = frame;
    row.text = JSON.stringify(frame);
    row.type = String(frame.type);
    row.seq = typeof frame.seq === "number" ? frame.seq : null;
    row.mark = row.type === "error" ? "error" : null;
  } catch {
    row.type = "?";
    row.mark = "error";
  }
  return row;
}

/** @param {Row[]} rows */
function youngest(rows) {
  return rows.length > LONGEST_LOG ? rows.slice(-LONGEST_LOG) : rows;
}
