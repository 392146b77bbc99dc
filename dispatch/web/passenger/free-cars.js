/** Free cars on the map that a passenger sees before booking, where the town shows them: about where some are, and who they are nobody is told. */

const LOOK_MS = 15_000;
/** Digits of a degree that leave the phone: the server looks at cells of some 150 m, so more would only be in its log. */
const DIGITS = 3;

/** @typedef {{ lat: number, lon: number }} Spot */

export class FreeCars {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0;
  #place = "";

  /**
   * @param {object} options
   * @param {import("../client/session.js").Session} options.session
   * @param {(spots: Spot[] | null) => void} options.tell hears where they are; null: nobody looks any more
   */
  constructor({ session, tell }) {
    this.session = session;
    this.tell = tell;
  }

  /** Looks near this spot from now on; null ends that. @param {Spot | null} spot */
  near(spot) {
    const place = spot === null ? "" : `${spot.lat.toFixed(DIGITS)},${spot.lon.toFixed(DIGITS)}`;
    if (place === this.#place) return;
    this.#place = place;
    this.#asked += 1;
    clearTimeout(this.#timer);
    if (place === "") this.tell(null);
    else void this.#look(this.#asked);
  }

  /** @param {number} asked */
  async #look(asked) {
    const [latitude, longitude] = this.#place.split(",");
    const found = document.hidden ? null : await this.#ask(latitude, longitude);
    if (asked !== this.#asked) return;
    if (found !== null) this.tell(found);
    this.#timer = setTimeout(() => this.#look(asked), LOOK_MS);
  }

  /** @param {string} latitude @param {string} longitude @returns {Promise<Spot[] | null>} null without an answer */
  async #ask(latitude, longitude) {
    try {
      const { cars } = await this.session.request("GET", "/api/cars", { query: { latitude, longitude } });
      return cars.map((/** @type {{ latitude: number, longitude: number }} */ car) => ({ lat: car.latitude, lon: car.longitude }));
    } catch {
      return null;
    }
  }
}
