/** Names, plates and phones of drivers, which the board does not tell. Read over HTTP, all at once, and anew when somebody unknown
 * appears: drivers who are live, then those on file until whoever is unknown is found. */

const PAGE = 200;
const AGAIN_AFTER_MS = 5_000;

/** @typedef {import("../client/session.js").Session} Session */
/**
 * @typedef {{
 *   driver_id: string, driver_name: string, driver_phone: string, driver_rating: number, vehicle_type: string, vehicle_registration: string,
 *   status: string, ride_id?: string, open_offers: number, why_not_offered?: string, position_age_s?: number,
 * }} Driver as `GET /api/drivers` tells it
 */

export class Roster {
  /** @type {Map<string, Driver>} */
  drivers = new Map();
  /** Counts what was read, so that a view sees when there is more. */
  version = 0;
  /** Who was asked for and is not known yet. @type {Set<string>} */
  #wanted = new Set();
  /** Who is not on file, and is looked for no more. @type {Set<string>} */
  #nowhere = new Set();
  #session;
  #changed;
  /** @type {Promise<void> | null} */
  #reading = null;
  #readAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {Session} session
   * @param {() => void} changed is called when more is known
   */
  constructor(session, changed) {
    this.#session = session;
    this.#changed = changed;
  }

  /** The name of a driver, or the id for one of whom nothing is known yet. @param {string} id */
  name(id) {
    const known = this.drivers.get(id);
    if (known === undefined && !this.#nowhere.has(id)) {
      this.#wanted.add(id);
      this.readSoon();
    }
    return known?.driver_name ?? id;
  }

  /** Reads the list: at once, or a little later where that was done a moment ago. */
  readSoon() {
    const waitMs = this.#readAt + AGAIN_AFTER_MS - performance.now();
    if (waitMs <= 0) return void this.read();
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      void this.read();
    }, waitMs);
  }

  /**
   * Reads all drivers that are live, and of those on file as many pages as it takes to find whoever is wanted.
   *
   * @returns {Promise<void>}
   */
  read() {
    this.#reading ??= this.#all().finally(() => {
      this.#reading = null;
      this.#readAt = performance.now();
    });
    return this.#reading;
  }

  async #all() {
    try {
      await this.#pages("live", () => true);
      const unknown = [...this.#wanted].filter((id) => !this.drivers.has(id));
      await this.#pages("all", () => unknown.some((id) => !this.drivers.has(id)));
      for (const id of unknown) if (!this.drivers.has(id)) this.#nowhere.add(id);
      for (const id of this.#wanted) if (this.drivers.has(id) || this.#nowhere.has(id)) this.#wanted.delete(id);
    } catch {
      // Ids are shown in the place of names until it works.
    }
  }

  /**
   * @param {"live" | "all"} state
   * @param {() => boolean} isWanted whether another page is
   */
  async #pages(state, isWanted) {
    /** @type {string | undefined} */ let cursor;
    for (let isMore = true; isMore && isWanted(); isMore = cursor !== undefined) {
      const page = await this.#session.request("GET", "/api/drivers", { query: { state, limit: PAGE, cursor } });
      for (const driver of page.drivers) this.drivers.set(driver.driver_id, driver);
      cursor = page.next ?? undefined;
      this.version += 1;
      this.#changed();
    }
  }
}
