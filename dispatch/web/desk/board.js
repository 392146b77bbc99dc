/**
 * The town as the desk's socket tells it: drivers in typed arrays, one slot each, and rides by their ids. No object is made for a driver,
 * so that a frame about 5,000 of them costs about a millisecond. Pure: no page, no clock of its own.
 */

/** @typedef {import("../client/types").Board} Whole */
/** @typedef {import("../client/types").BoardChanged} Changed */
/** @typedef {import("../client/types").BoardMoved} Moved */
/** @typedef {import("../client/types").RideRow} RideRow */
/** @typedef {typeof KINDS[number]} Kind */

/** What a driver or ride is drawn as, by how much it needs a person: the first is drawn last, and so on top. */
export const KINDS = /** @type {const} */ (["needs", "offered", "coming", "free", "trip", "off"]);
export const [NEEDS, OFFERED, COMING, FREE, TRIP, OFF] = KINDS.keys();
/** The kind of a slot that is nobody's. */
export const NOBODY = 255;
const NO_PLACE = -0x80000000;
export const STEPS_A_DEGREE = 100_000;
const FIRST_SLOTS = 256;
const OVER = new Set(["completed", "cancelled", "no_drivers", "no_show"]);

/** Whether a ride in this status is over. @param {string} status */
export function isOver(status) {
  return OVER.has(status);
}

export class Board {
  /** Hundred-thousandths of a degree, by slot. */
  latitude = new Int32Array(FIRST_SLOTS);
  longitude = new Int32Array(FIRST_SLOTS);
  /** How each slot is drawn: a number of `KINDS`, or `NOBODY`. */
  kind = new Uint8Array(FIRST_SLOTS).fill(NOBODY);
  /** 1: connected, 2: its position is fresh. */
  link = new Uint8Array(FIRST_SLOTS);
  /** 1: waits at the pickup. */
  stands = new Uint8Array(FIRST_SLOTS);
  /** Server's milliseconds at which the kind of a slot changed. */
  since = new Float64Array(FIRST_SLOTS);
  /** @type {string[]} */ ids = [];
  /** @type {string[]} */ statuses = [];
  /** @type {(string | null)[]} */ rideOf = [];
  /** @type {string[]} */ vehicleTypes = [];
  /** Slots in use are below this. */
  slots = 0;
  /** @type {Map<string, number>} */ slotOf = new Map();
  /** Rides that are not over. @type {Map<string, RideRow>} */
  rides = new Map();
  /** How many drivers there are of each kind. */
  counts = new Int32Array(KINDS.length);
  /** Grows with each frame: by it others see that something has changed. */
  version = 0;
  /** Server's milliseconds at the whole board: kinds are known since then. */
  firstAt = 0;
  /** Server's clock at the last frame, in milliseconds, and when that came by the page's own. */
  at = 0;
  heardAt = -Infinity;
  beatMs = 1_000;
  #number = -1;
  /** How many open offers each driver holds. @type {Map<string, number>} */
  #offers = new Map();

  /** Whether a whole board has come. */
  get isThere() {
    return this.#number >= 0;
  }

  /**
   * Takes a frame in. What is not about the board is not looked at.
   *
   * @param {Record<string, any> & { type: string }} message
   * @param {number} now milliseconds that only grow
   * @returns {{ fault: boolean, rides: RideRow[] }} `fault`: a frame is missing, connect again; `rides`: the rows that this frame brought
   */
  hear(message, now) {
    if (message.type === "board") this.#begin(/** @type {Whole} */ (message));
    else if (message.type !== "board_changed" && message.type !== "board_moved") return { fault: false, rides: [] };
    else if (message.number !== this.#number + 1) return { fault: true, rides: [] };
    this.#number = message.number;
    this.at = Date.parse(message.at);
    if (message.type === "board") this.firstAt = this.at;
    this.heardAt = now;
    this.version += 1;
    if (message.type === "board_moved") {
      this.#move(/** @type {Moved} */ (message).moved);
      return { fault: false, rides: [] };
    }
    const { drivers, rides } = /** @type {Changed} */ (message);
    for (const slot of message.gone ?? []) this.#leave(slot);
    for (const row of rides) this.#take(row);
    for (const row of drivers) this.#put(row);
    this.#draw(rides);
    return { fault: false, rides };
  }

  /** The server's clock, milliseconds since 1970. @param {number} now as of `hear` */
  serverNow(now) {
    return this.at + (this.heardAt === -Infinity ? 0 : now - this.heardAt);
  }

  /** Where a driver is; null: unknown. @param {number} slot */
  place(slot) {
    if (this.latitude[slot] === NO_PLACE) return null;
    return { lat: this.latitude[slot] / STEPS_A_DEGREE, lon: this.longitude[slot] / STEPS_A_DEGREE };
  }

  /** Whether the driver has an open offer. @param {string} driverId */
  isAsked(driverId) {
    return this.#offers.has(driverId);
  }

  /** @param {Whole} whole */
  #begin({ beat_ms }) {
    this.beatMs = beat_ms;
    this.kind.fill(NOBODY);
    this.counts.fill(0);
    this.ids = [];
    this.statuses = [];
    this.rideOf = [];
    this.vehicleTypes = [];
    this.slots = 0;
    this.slotOf.clear();
    this.rides.clear();
    this.#offers.clear();
  }

  /** @param {number[]} moved */
  #move(moved) {
    let slot = -1;
    for (let i = 0; i < moved.length; i += 3) {
      slot += moved[i];
      this.latitude[slot] += moved[i + 1];
      this.longitude[slot] += moved[i + 2];
    }
  }

  /** @param {number} slot */
  #leave(slot) {
    if (this.slotOf.get(this.ids[slot]) === slot) this.slotOf.delete(this.ids[slot]);
    this.ids[slot] = "";
    this.rideOf[slot] = null;
    this.#paint(slot, NOBODY);
  }

  /** @param {Whole["drivers"][number]} row */
  #put([slot, id, status, connected, fresh, latitude, longitude, rideId, vehicleType]) {
    if (slot >= this.kind.length) this.#grow(slot + 1);
    if (slot >= this.slots) this.slots = slot + 1;
    this.ids[slot] = id;
    this.slotOf.set(id, slot);
    this.statuses[slot] = status;
    this.rideOf[slot] = rideId;
    this.vehicleTypes[slot] = vehicleType;
    this.latitude[slot] = latitude ?? NO_PLACE;
    this.longitude[slot] = longitude ?? NO_PLACE;
    this.link[slot] = (connected ? 1 : 0) | (fresh ? 2 : 0);
    this.#paint(slot, this.#kindOf(slot));
  }

  /** @param {number} least */
  #grow(least) {
    const slots = Math.max(least, this.kind.length * 2);
    const { latitude, longitude, kind, link, stands, since } = this;
    (this.latitude = new Int32Array(slots)).set(latitude);
    (this.longitude = new Int32Array(slots)).set(longitude);
    (this.kind = new Uint8Array(slots).fill(NOBODY)).set(kind);
    (this.link = new Uint8Array(slots)).set(link);
    (this.stands = new Uint8Array(slots)).set(stands);
    (this.since = new Float64Array(slots)).set(since);
  }

  /** @param {RideRow} row */
  #take(row) {
    const before = this.rides.get(row.ride_id);
    for (const id of before?.asked ?? []) this.#count(id, -1);
    if (isOver(row.status)) this.rides.delete(row.ride_id);
    else {
      this.rides.set(row.ride_id, row);
      for (const id of row.asked ?? []) this.#count(id, 1);
    }
    this.#touched.push(...(before?.asked ?? []), before?.driver_id ?? "");
  }

  /** Drivers whose drawing may change by the rides of this frame. @type {string[]} */
  #touched = [];

  /** @param {string} driverId @param {number} more */
  #count(driverId, more) {
    const held = (this.#offers.get(driverId) ?? 0) + more;
    if (held > 0) this.#offers.set(driverId, held);
    else this.#offers.delete(driverId);
  }

  /** Draws the drivers of these rides anew. @param {RideRow[]} rides */
  #draw(rides) {
    for (const { asked, driver_id } of rides) this.#touched.push(...(asked ?? []), driver_id ?? "");
    for (const id of this.#touched) {
      const slot = this.slotOf.get(id);
      if (slot !== undefined) this.#paint(slot, this.#kindOf(slot));
    }
    this.#touched = [];
  }

  /** @param {number} slot @param {number} kind */
  #paint(slot, kind) {
    const was = this.kind[slot];
    if (was !== NOBODY) this.counts[was] -= 1;
    if (kind !== NOBODY) this.counts[kind] += 1;
    this.kind[slot] = kind;
    this.stands[slot] = kind === COMING && this.rides.get(this.rideOf[slot] ?? "")?.status === "arrived" ? 1 : 0;
    if (was !== kind) this.since[slot] = this.at;
  }

  /** @param {number} slot */
  #kindOf(slot) {
    const [connected, fresh] = [this.link[slot] & 1, this.link[slot] & 2];
    if (this.statuses[slot] === "busy") {
      if (!connected) return NEEDS;
      const ride = this.rides.get(this.rideOf[slot] ?? "");
      return ride?.status === "in_progress" ? TRIP : COMING;
    }
    if (this.statuses[slot] === "asleep" && this.#offers.has(this.ids[slot])) return OFFERED; // a push is out
    if (!connected || this.statuses[slot] !== "available") return OFF;
    if (this.#offers.has(this.ids[slot])) return OFFERED;
    return fresh ? FREE : OFF;
  }
}

/**
 * How a ride is drawn: a number of `KINDS`.
 *
 * @param {RideRow} ride
 * @param {number} serverNow milliseconds since 1970
 * @param {{ unasked_s: number, waiting_s: number }} alarm from when on a search needs a person: without an open offer, and in all
 */
export function kindOfRide(ride, serverNow, alarm) {
  if (ride.status === "pending") return isUnserved(ride, serverNow, alarm) ? NEEDS : OFFERED;
  if (ride.status === "in_progress") return TRIP;
  if (ride.status === "accepted" || ride.status === "arrived") return COMING;
  return OFF;
}

/**
 * Seconds since the ride was asked for, by the server's clock.
 *
 * @param {{ requested_at: string | null }} ride
 * @param {number} serverNow
 */
export function ageS({ requested_at }, serverNow) {
  return requested_at === null ? 0 : Math.max(0, (serverNow - Date.parse(requested_at)) / 1_000);
}

/**
 * @param {RideRow} ride a pending one
 * @param {number} serverNow
 * @param {{ unasked_s: number, waiting_s: number }} alarm
 */
function isUnserved(ride, serverNow, { unasked_s, waiting_s }) {
  const since = ride.unasked_since;
  const unasked = since ? (serverNow - Date.parse(since)) / 1_000 : 0;
  return unasked >= unasked_s || ageS(ride, serverNow) >= waiting_s;
}
