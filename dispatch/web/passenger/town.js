/** What is fetched after the first paint: the streets that can be searched, and the map. */

/** @typedef {import("../map/streets.js").Streets} Streets */

/** Streets that may come later: until then nothing is found. */
export class LazyStreets {
  /** @type {Streets | null} */
  #streets = null;

  /** @type {() => void} */
  #told = () => {};
  /** Fulfilled once it is known which streets there are. @type {Promise<void>} */
  ready = new Promise((resolve) => (this.#told = resolve));

  /** @param {Streets | null} streets */
  use(streets) {
    this.#streets = streets;
    this.#told();
  }

  prepare() {
    this.#streets?.prepare();
  }

  /** @param {string} typed @param {number} [limit] */
  find(typed, limit) {
    return this.#streets?.find(typed, limit) ?? [];
  }

  /** @param {{ lat: number, lon: number }} spot */
  nearest(spot) {
    return this.#streets?.nearest(spot) ?? null;
  }
}

/**
 * Whether there is something to show on a map. Where there is not, a place is one's position, or two numbers.
 *
 * @param {import("../shell/page.js").Town} town
 */
export function hasMap(town) {
  return Boolean(/** @type {any} */ (town).map || town.bounds);
}

/**
 * Fetches streets and map, where the town has any. Where it has none, the page goes on by text.
 *
 * @param {import("./app.js").App} app
 * @param {HTMLElement} box
 */
export async function loadMap(app, box) {
  const { town, texts, announcer } = app;
  if (!hasMap(town)) {
    app.streets.use(null);
    return box.remove();
  }
  const map = /** @type {any} */ (town).map;
  const [{ loadStreets }, { openMap }] = await Promise.all([import("../map/streets.js"), import("../map/town-map.js")]);
  const streets = await loadStreets(map?.streets);
  app.streets.use(streets);
  app.stage.use(openMap(box, { texts, streets, town: { bounds: town.bounds, map }, announcer, label: texts.say("passenger.map") }));
}
