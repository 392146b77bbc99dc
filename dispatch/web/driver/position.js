/** Where the driver is: asked of the browser, or put on the map by hand where all of it is played. Told to the server as often as it matters. */

/** Milliseconds between two positions: while the driver waits, and with a ride on. */
const IDLE_MS = 10_000;
const RIDE_MS = 3_000;
const PATIENCE_MS = 15_000;
/** The server takes no position that is trusted less, in metres. */
export const VAGUE_M = 100;
/** After so many milliseconds without a position there are no requests, as far as we know. */
export const NONE_MS = 30_000;
/** Positions kept while there is no link, at most: one frame has room for so many. */
const MOST_KEPT = 100;

/**
 * @typedef {{ lat: number, lon: number }} Spot
 * @typedef {{ lat: number, lon: number, accuracyM: number | null, heading: number | null, speed: number | null, at: number, recordedAt: Date }} Fix
 *   `at`: milliseconds of `performance.now()`
 * @typedef {Record<string, any>} Frame
 */

/**
 * A position as a frame says it. `recorded_at` goes with one that was kept alone: without it a position is of now.
 *
 * @param {Fix} fix
 * @param {boolean} isKept
 * @returns {Frame}
 */
export function frameOf({ lat, lon, accuracyM, heading, speed, recordedAt }, isKept) {
  return {
    latitude: lat,
    longitude: lon,
    ...(accuracyM === null ? {} : { accuracy_m: Math.round(accuracyM * 10) / 10 }),
    ...(heading === null || Number.isNaN(heading) ? {} : { heading: Math.round(heading) }),
    ...(speed === null || Number.isNaN(speed) ? {} : { speed_mps: Math.round(speed * 10) / 10 }),
    ...(isKept ? { recorded_at: recordedAt.toISOString() } : {}),
  };
}

/** The driver's position, and its way to the server. */
export class Position {
  /** @type {Fix | null} */
  fix = null;
  /**
   * Why there is none: `denied` by the driver or the browser, `missing` for now, `unasked`: the driver has to be asked, within a tap. Null
   * where there is one, or none is wanted.
   *
   * @type {"denied" | "missing" | "unasked" | null}
   */
  trouble = null;
  /** @type {Frame[]} */
  #kept = [];
  #connection;
  #changed;
  #clockOffMs;
  #by;
  #withRide = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  #since = 0;
  #isOn = false;

  /**
   * @param {object} options
   * @param {import("../client/connection.js").Connection} options.connection
   * @param {Spot | null} [options.byHand] where the driver stands until moved, on a server where all is played; null: the browser is asked
   * @param {() => void} options.changed is called when the position or its trouble has changed
   * @param {() => number} [options.clockOffMs] how many milliseconds the phone's clock is behind the server's
   */
  constructor({ connection, byHand = null, changed, clockOffMs = () => 0 }) {
    this.#clockOffMs = clockOffMs;
    this.#connection = connection;
    this.#by = byHand;
    this.#changed = changed;
    // A little later: the first word on a new link is what was heard before.
    connection.on("status", ({ state }) => state === "open" && setTimeout(() => this.#tellKept()));
  }

  /** Whether it is put on the map by hand. */
  get isByHand() {
    return this.#by !== null;
  }

  /** Milliseconds without a position while one is wanted; 0 while none is. */
  get missingMs() {
    return this.#isOn ? performance.now() - Math.max(this.fix?.at ?? 0, this.#since) : 0;
  }

  /** Begins to ask and tell. The first time within a tap, since the browser asks the driver then. */
  start() {
    if (this.#isOn && this.trouble === null) return;
    this.#isOn = true;
    this.trouble = null;
    this.#since = performance.now();
    this.#again();
  }

  /** The same without a tap: only where the driver has said yes before. */
  async startIfAllowed() {
    if (this.#isOn || this.trouble === "unasked") return;
    const allowed = this.#by !== null || (await isAllowed());
    if (allowed) return this.start();
    this.trouble = "unasked";
    this.#changed();
  }

  /** Asks and tells no more. */
  stop() {
    this.#isOn = false;
    this.fix = null;
    this.trouble = null;
    clearInterval(this.#timer);
  }

  /** @param {boolean} withRide tells it more often, and has the phone look more closely */
  ride(withRide) {
    if (withRide === this.#withRide) return;
    this.#withRide = withRide;
    this.#kept = [];
    if (this.#isOn) this.#again();
  }

  /**
   * Puts the driver here by hand.
   *
   * @param {Spot} spot
   */
  moveTo(spot) {
    this.#by = spot;
    this.trouble = null;
    if (this.#isOn) this.#look();
    else this.#changed();
  }

  #again() {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#look(), this.#withRide ? RIDE_MS : IDLE_MS);
    this.#look();
  }

  #look() {
    if (this.#by !== null) {
      this.#take({ ...this.#by, accuracyM: null, heading: null, speed: null, at: performance.now(), recordedAt: new Date() });
      return;
    }
    const every = this.#withRide ? RIDE_MS : IDLE_MS;
    const options = { enableHighAccuracy: this.#withRide, maximumAge: every / 2, timeout: PATIENCE_MS };
    if (!navigator.geolocation) return this.#fail("denied");
    navigator.geolocation.getCurrentPosition(
      ({ coords, timestamp }) =>
        this.#take({
          lat: coords.latitude,
          lon: coords.longitude,
          accuracyM: coords.accuracy,
          heading: coords.heading,
          speed: coords.speed,
          at: performance.now(),
          recordedAt: new Date(timestamp),
        }),
      ({ code, PERMISSION_DENIED }) => this.#fail(code === PERMISSION_DENIED ? "denied" : "missing"),
      options,
    );
  }

  /** @param {Fix} fix */
  #take(fix) {
    if (!this.#isOn) return;
    this.fix = fix;
    this.trouble = null;
    const told = this.#connection.say("location_update", frameOf(fix, false));
    // With a ride on the way that was driven counts, so what the link did not take is kept for it: with a time of the server's clock.
    const offMs = this.#clockOffMs();
    const recordedAt = offMs === 0 ? fix.recordedAt : new Date(Date.now() + offMs);
    if (!told && this.#withRide) this.#kept = [...this.#kept, frameOf({ ...fix, recordedAt }, true)].slice(-MOST_KEPT);
    this.#changed();
  }

  /** @param {"denied" | "missing"} trouble */
  #fail(trouble) {
    if (!this.#isOn) return;
    this.trouble = trouble;
    this.#changed();
  }

  #tellKept() {
    const positions = this.#kept;
    this.#kept = [];
    if (positions.length > 0) this.#connection.say("location_batch", { positions });
    if (this.#isOn) this.#look();
  }
}

/** Whether the browser gives the position without asking the driver. */
async function isAllowed() {
  try {
    return (await navigator.permissions.query({ name: "geolocation" })).state === "granted";
  } catch {
    return false;
  }
}
