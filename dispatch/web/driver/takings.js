/** What the driver took today, as the server counts it. Where nobody logs in it counts for nobody: then it is what this page has heard. */

import { keep, recall } from "../shell/keep.js";

/** @typedef {import("./state.js").Takings} Takings */

const NONE = { rides: 0, fares: 0, cash: 0, card: 0, fees: 0 };

export class TodaysTakings {
  #client;
  #guest;
  #currency;
  #tell;

  /**
   * @param {object} options
   * @param {import("../client/dispatch-client.js").DispatchClient} options.client
   * @param {boolean} options.guest nobody has to log in
   * @param {string | null} options.currency of the town
   * @param {(takings: Takings) => void} options.tell
   */
  constructor({ client, guest, currency, tell }) {
    this.#client = client;
    this.#guest = guest;
    this.#currency = currency;
    this.#tell = tell;
  }

  /** Asks the server, and tells what it says. Without an answer the last takings stay. */
  async refresh() {
    if (this.#guest) return this.#told(this.#heard());
    try {
      this.#told(await this.#client.session.request("GET", "/api/me/takings"));
    } catch {
      // It is asked again with the next link and the next ride.
    }
  }

  /** A ride is over. @param {{ fare: number, payment_status: string }} completed */
  async completed({ fare, payment_status }) {
    if (!this.#guest) return this.refresh();
    const { rides, fares, cash, card, fees } = this.#heard();
    const isCash = payment_status === "cash";
    keep("takings", { day: today(), rides: rides + 1, fares: fares + fare, cash: cash + (isCash ? fare : 0), card: card + (isCash ? 0 : fare), fees });
    return this.refresh();
  }

  #heard() {
    const kept = recall("takings");
    return kept?.day === today() ? kept : NONE;
  }

  /** @param {Omit<Takings, "at"> | any} takings */
  #told(takings) {
    this.#tell({ ...NONE, ...takings, currency: takings.currency ?? this.#currency, at: new Date() });
  }
}

function today() {
  return new Date().toDateString();
}
