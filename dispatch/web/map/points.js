/**
 * Thousands of points for one layer of a map: what is drawn in which order, what lies on top of one another, and what was clicked. Pure: four
 * numbers for each point in one array, no object for a driver.
 */

/** @typedef {{ slots: number, latitude: Int32Array, longitude: Int32Array, kind: Uint8Array, stands: Uint8Array }} Fleet places in hundred-thousandths of a degree; `stands`: 1 at the pickup */
/** @typedef {{ id: string, lat: number, lon: number, kind: number }} Pickup of a ride, degrees */
/** @typedef {{ x: number, y: number, kind: number, ids: string[] }} Cluster */
/** @typedef {{ slot: number } | { rideId: string }} Hit */

/** By how much each needs a person: the first is drawn last, and so on top. `px`: at zoom 11 or less, and at zoom 14 or more. */
export const POINTS = /** @type {const} */ ([
  { name: "needs", px: [28, 34] }, { name: "offered", px: [18, 22] }, { name: "coming", px: [12, 22] }, { name: "free", px: [9, 18] }, { name: "trip", px: [6, 16] },
  { name: "off", px: [8, 12] },
]);
export const [NEEDS, , COMING, , , OFF] = POINTS.keys();
/** What a point's third number adds to its kind: whether it is chosen, and what is written in it. */
export const CHOSEN = 8;
export const WRITTEN = 16;
/** Numbers of what is written: an exclamation mark, and counts from 2 on, the last of which means as many or more. A marked arrow stands on a bar. */
export const [MARK, MOST] = [1, 99];
export const NUMBERS_A_POINT = 4;
const NOBODY_FROM = POINTS.length;
const NO_PLACE = -0x80000000;
const STEPS_A_DEGREE = 100_000;
const TOUCH_PX = 12;
/** A car that moved less has not turned: its position is no better than that. */
const TURN_STEPS = 3;

/** Where a longitude lies in the square of the world, from 0 to 1. @param {number} lon degrees */
export function worldX(lon) {
  return 0.5 + lon / 360;
}

/** Where a latitude lies in the square of the world, from 0 in the north to 1. @param {number} lat degrees */
export function worldY(lat) {
  return 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);
}

/** Pixels of a point of this kind at this zoom. @param {number} kind @param {number} zoom */
export function sizeOf(kind, zoom) {
  const [far, near] = POINTS[kind].px;
  return far + (near - far) * Math.min(1, Math.max(0, (zoom - 11) / 3));
}

export class Points {
  /** Place from the origin in the square of the world, kind with what is added to it, and heading in radians, -1 where there is none. */
  numbers = new Float32Array(0);
  count = 0;
  /** What each point is: a slot of the fleet, or -1 - the number of a cluster. */
  #owners = new Int32Array(0);
  /** @type {Cluster[]} */
  #clusters = [];
  /** @type {Fleet | null} */
  #fleet = null;
  /** @type {Pickup[]} */
  #pickups = [];
  #hidden = new Set([OFF]);
  #chosen = -1;
  #chosenRide = "";
  #latitude = new Int32Array(0);
  #longitude = new Int32Array(0);
  #heading = new Float32Array(0);

  /** @param {{ lat: number, lon: number }} origin a point of the town: 32 bits are exact enough near it, and not from the edge of the world */
  constructor({ lat, lon }) {
    this.x = worldX(lon);
    this.y = worldY(lat);
  }

  /** Takes the fleet as it is now. Headings follow from who has moved. @param {Fleet} fleet */
  fleet(fleet) {
    this.#fleet = fleet;
    this.#turn(fleet);
  }

  /** @param {Pickup[]} pickups of rides that wait */
  pickups(pickups) {
    this.#pickups = pickups;
  }

  /** Leaves out these kinds of drivers. @param {Set<number>} kinds */
  hide(kinds) {
    this.#hidden = kinds;
  }

  /** Marks one driver or one ride. @param {Hit | null} hit */
  choose(hit) {
    this.#chosen = hit && "slot" in hit ? hit.slot : -1;
    this.#chosenRide = hit && "rideId" in hit ? hit.rideId : "";
  }

  /** Fills the numbers anew, what needs nobody first. @param {number} zoom by which pickups lie on top of one another */
  fill(zoom) {
    this.#clusters = clustersOf(this.#pickups, zoom);
    const most = (this.#fleet?.slots ?? 0) + this.#clusters.length;
    if (this.#owners.length < most) {
      this.numbers = new Float32Array(2 * most * NUMBERS_A_POINT);
      this.#owners = new Int32Array(2 * most);
    }
    this.count = 0;
    for (let kind = POINTS.length - 1; kind >= 0; kind -= 1) {
      if (this.#fleet && !this.#hidden.has(kind)) this.#fillFleet(this.#fleet, kind);
      this.#fillClusters(kind);
    }
  }

  /**
   * What lies under a place, the nearest first. All rides of a cluster are told.
   *
   * @param {number} x in the square of the world
   * @param {number} y
   * @param {number} zoom
   * @returns {Hit[]}
   */
  at(x, y, zoom) {
    const scale = 512 * 2 ** zoom;
    const reach = POINTS.map((_, kind) => Math.max(TOUCH_PX, sizeOf(kind, zoom) / 2));
    const most = Math.max(...reach) / scale;
    const [fromX, fromY] = [x - this.x, y - this.y];
    /** @type {{ away: number, point: number }[]} */
    const near = [];
    for (let point = 0; point < this.count; point += 1) {
      const at = point * NUMBERS_A_POINT;
      const right = this.numbers[at] - fromX;
      const down = this.numbers[at + 1] - fromY;
      // Nearly all are far away, and this runs with each move of the mouse.
      if (right > most || right < -most || down > most || down < -most) continue;
      const away = scale * Math.hypot(right, down);
      if (away <= reach[this.numbers[at + 2] % CHOSEN]) near.push({ away, point });
    }
    // Of two that are equally near, what is drawn later lies on top.
    near.sort((one, other) => one.away - other.away || other.point - one.point);
    return near.flatMap(({ point }) => this.#hitsOf(this.#owners[point]));
  }

  /** @param {number} owner @returns {Hit[]} */
  #hitsOf(owner) {
    return owner >= 0 ? [{ slot: owner }] : this.#clusters[-1 - owner].ids.map((rideId) => ({ rideId }));
  }

  /** @param {Fleet} fleet @param {number} wanted */
  #fillFleet({ slots, latitude, longitude, kind, stands }, wanted) {
    for (let slot = 0; slot < slots; slot += 1) {
      if (kind[slot] !== wanted || latitude[slot] === NO_PLACE) continue;
      const isChosen = slot === this.#chosen ? CHOSEN : 0;
      const written = wanted === NEEDS || (wanted === COMING && stands[slot] === 1) ? WRITTEN * MARK : 0;
      this.#put(worldX(longitude[slot] / STEPS_A_DEGREE), worldY(latitude[slot] / STEPS_A_DEGREE), wanted + isChosen + written, this.#heading[slot], slot);
    }
  }

  /** @param {number} wanted */
  #fillClusters(wanted) {
    for (const [number, { x, y, kind, ids }] of this.#clusters.entries()) {
      if (kind !== wanted) continue;
      const written = ids.length > 1 ? Math.min(ids.length, MOST) : kind === NEEDS ? MARK : 0;
      const isChosen = ids.includes(this.#chosenRide) ? CHOSEN : 0;
      this.#put(x, y, kind + isChosen + WRITTEN * written, -1, -1 - number);
    }
  }

  /** @param {number} x @param {number} y @param {number} kind @param {number} heading @param {number} owner */
  #put(x, y, kind, heading, owner) {
    const at = this.count * NUMBERS_A_POINT;
    this.numbers[at] = x - this.x;
    this.numbers[at + 1] = y - this.y;
    this.numbers[at + 2] = kind;
    this.numbers[at + 3] = heading;
    this.#owners[this.count] = owner;
    this.count += 1;
  }

  /** @param {Fleet} fleet */
  #turn({ slots, latitude, longitude, kind }) {
    if (this.#heading.length < latitude.length) {
      const was = { latitude: this.#latitude, longitude: this.#longitude, heading: this.#heading };
      (this.#latitude = new Int32Array(latitude.length).fill(NO_PLACE)).set(was.latitude);
      (this.#longitude = new Int32Array(latitude.length)).set(was.longitude);
      (this.#heading = new Float32Array(latitude.length).fill(-1)).set(was.heading);
    }
    for (let slot = 0; slot < slots; slot += 1) {
      if (kind[slot] >= NOBODY_FROM || latitude[slot] === NO_PLACE) {
        // Whoever has this slot next comes from nowhere.
        this.#latitude[slot] = NO_PLACE;
        this.#heading[slot] = -1;
        continue;
      }
      const isNew = this.#latitude[slot] === NO_PLACE;
      const up = latitude[slot] - this.#latitude[slot];
      const right = (longitude[slot] - this.#longitude[slot]) * Math.cos((latitude[slot] / STEPS_A_DEGREE) * (Math.PI / 180));
      if (!isNew && Math.abs(up) + Math.abs(right) < TURN_STEPS) continue;
      if (!isNew) this.#heading[slot] = (Math.atan2(right, up) + 2 * Math.PI) % (2 * Math.PI);
      this.#latitude[slot] = latitude[slot];
      this.#longitude[slot] = longitude[slot];
    }
  }
}

/**
 * Pickups that lie on top of one another at this zoom, as one point of the worst kind among them.
 *
 * @param {Pickup[]} pickups
 * @param {number} zoom
 * @returns {Cluster[]}
 */
export function clustersOf(pickups, zoom) {
  const scale = 512 * 2 ** zoom;
  /** @type {Cluster[]} */
  const clusters = [];
  for (const { id, lat, lon, kind } of [...pickups].sort((one, other) => one.kind - other.kind)) {
    const [x, y] = [worldX(lon), worldY(lat)];
    const over = clusters.find((one) => scale * Math.hypot(one.x - x, one.y - y) < (sizeOf(one.kind, zoom) + sizeOf(kind, zoom)) / 3);
    if (over) over.ids.push(id);
    else clusters.push({ x, y, kind, ids: [id] });
  }
  return clusters;
}
