/** The map beside the sheet. It comes after the text; without it everything goes on by text. */

import { hasDriver } from "./state.js";

/** @typedef {import("./app.js").State} State */
/** @typedef {import("./state.js").Place} Place */
/** @typedef {import("../map/town-map.js").TownMap} TownMap */

/** The map of a page, as far as it is there. */
export class Stage {
  /** @type {TownMap | null} */
  #map = null;
  /** @type {State | null} */
  #state = null;
  /** @type {((taken: Place) => void) | null} */
  #picked = null;
  /** @type {{ lat: number, lon: number } | null} */
  #me = null;
  #isOld = false;
  /** @type {string[]} the marks of free cars: each has the name of its place, so none seems to drive to another */
  #cars = [];

  /**
   * Takes the map once it is there, and shows on it what has been asked for before.
   *
   * @param {TownMap} map
   */
  use(map) {
    this.#map = map;
    if (this.#state !== null) this.draw(this.#state);
    if (this.#picked !== null) map.pick(this.#picked);
    if (this.#me !== null) this.locate(this.#me);
  }

  /** Where the phone is, as far as somebody let us know. */
  get me() {
    return this.#me;
  }

  /** Lets somebody take a point under a crosshair; null ends that. @param {((taken: Place) => void) | null} picked */
  pick(picked) {
    this.#picked = picked;
    this.#map?.pick(picked);
  }

  /** Shows where the phone is. @param {{ lat: number, lon: number }} spot */
  locate(spot) {
    this.#me = spot;
    this.#map?.place("me", "me", spot);
    this.#map?.locate(spot);
  }

  /** Draws the car hollow while its position is old. @param {boolean} isOld */
  old(isOld) {
    if (isOld === this.#isOld) return;
    this.#isOld = isOld;
    if (this.#state !== null) this.draw(this.#state);
  }

  /** @param {State} state */
  draw(state) {
    this.#state = state;
    const map = this.#map;
    if (map === null) return;
    const { ride, form } = state;
    this.#drawFree(map, state.cars ?? []);
    const { pickup, dropoff } = ride?.terms ?? form;
    const before = ride === null || !hasDriver(ride);
    const showPickup = ride === null || ride.phase !== "trip";
    const showDropoff = before || ride.phase === "trip";
    map.place("pickup", "pickup", showPickup ? spotOf(pickup) : null);
    map.place("dropoff", "dropoff", showDropoff ? spotOf(dropoff) : null);
    const car = ride !== null && hasDriver(ride) ? ride.car : null;
    map.place("car", "coming", car && { lat: car.lat, lon: car.lon, heading: car.heading ?? undefined, old: this.#isOld });
    const seen = [
      ...(car ? ["car"] : []),
      ...(showPickup && spotOf(pickup) ? ["pickup"] : []),
      ...(showDropoff && spotOf(dropoff) ? ["dropoff"] : []),
    ];
    if (seen.length > 0 && !this.#picked) map.fit(seen);
  }

  /** @param {TownMap} map @param {{ lat: number, lon: number }[]} cars */
  #drawFree(map, cars) {
    const names = cars.map(({ lat, lon }) => `free ${lat} ${lon}`);
    for (const name of this.#cars) if (!names.includes(name)) map.place(name, "free", null);
    cars.forEach((spot, at) => this.#cars.includes(names[at]) || map.place(names[at], "free", spot));
    this.#cars = names;
  }
}

/** @param {Place | null} place */
function spotOf(place) {
  return place !== null && Number.isFinite(place.lat) ? { lat: place.lat, lon: place.lon, label: place.name } : null;
}
