/** The driver's map: where the driver is, and where to. It is fetched once the socket stands, and the page works without it. */

import { goalOf } from "./way.js";

/** @typedef {import("./state.js").State} State */
/** @typedef {{ lat: number, lon: number }} Spot */

export class DriverMap {
  /** @type {import("../map/town-map.js").TownMap | null} */
  #map = null;
  /** @type {import("../map/streets.js").Streets | null} */
  streets = null;
  #options;
  #isOpening = false;
  #drawnRide = "";

  /**
   * @param {object} options
   * @param {import("../shell/texts.js").Texts} options.texts
   * @param {any} options.town
   * @param {(spot: Spot) => void} options.moved the driver was moved by hand
   */
  constructor(options) {
    this.#options = options;
  }

  /**
   * Fetches the map and shows it in this box. Without it the box stays empty.
   *
   * @param {HTMLElement} box
   */
  async open(box) {
    if (this.#isOpening) return;
    this.#isOpening = true;
    const { texts, town } = this.#options;
    const [{ openMap }, { loadStreets }] = await Promise.all([import("../map/town-map.js"), import("../map/streets.js")]);
    this.streets = await loadStreets(town.map?.streets);
    this.#map = openMap(box, { texts, streets: this.streets, town, label: texts.say("driver.map") });
  }

  /** @param {State} state @param {import("./position.js").Position} position */
  draw({ ride, online }, position) {
    const map = this.#map;
    if (map === null || (!online && ride === null)) return;
    const { texts } = this.#options;
    const { fix } = position;
    const trip = ride?.status === "in_progress";
    map.place("me", "me", fix === null ? null : { lat: fix.lat, lon: fix.lon, heading: fix.heading, label: texts.say("driver.me"), old: position.missingMs > 20_000 });
    if (fix !== null) map.drag("me", position.isByHand ? (spot) => this.#options.moved(spot) : null);
    const goal = ride === null ? null : goalOf(ride);
    map.place("pickup", "pickup", goal !== null && !trip ? { ...goal, label: texts.say("driver.pickup") } : null);
    map.place("dropoff", "dropoff", goal !== null && trip ? { ...goal, label: texts.say("driver.drop_off") } : null);
    const what = [...(fix === null ? [] : ["me"]), ...(goal === null ? [] : [trip ? "dropoff" : "pickup"])];
    const shown = `${ride?.ride_id} ${ride?.status} ${what.length}`;
    if (what.length > 0 && shown !== this.#drawnRide) map.fit(what);
    this.#drawnRide = shown;
  }
}
