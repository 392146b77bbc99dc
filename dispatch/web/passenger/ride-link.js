/** The socket of the ride that a page shows, and what a reload of the page needs to go on with it. */

import { forget, keep } from "../shell/keep.js";
import { showLink } from "../shell/link.js";

/** @typedef {import("../client/connection.js").Heard} Heard */
/** @typedef {import("../client/types").ToPassenger} Message */

export class RideLink {
  #page;
  #hear;
  #changed;
  /** @type {ReturnType<import("../client/dispatch-client.js").DispatchClient["ride"]> | null} */
  #connection = null;
  /** @type {(() => void)[]} */
  #ends = [];
  #rideId = "";

  /**
   * @param {import("../shell/page.js").Page} page
   * @param {(message: Message) => void} hear
   * @param {(state: import("../client/connection.js").State) => void} changed the state of the link
   */
  constructor(page, hear, changed) {
    this.#page = page;
    this.#hear = hear;
    this.#changed = changed;
  }

  /** Milliseconds that a message took to come here, about. */
  get delayMs() {
    return Math.min((this.#connection?.roundTripMs ?? 0) / 2, 1_000);
  }

  /**
   * Listens to this ride, and to no other.
   *
   * @param {string} rideId
   * @param {Heard | null} [heard] what was heard of it before a reload
   */
  open(rideId, heard = null) {
    this.close();
    const { client, bands, texts, announcer } = this.#page;
    const connection = client.ride(rideId, { heard });
    this.#connection = connection;
    this.#rideId = rideId;
    this.#ends = [
      connection.on("message", (message) => this.#took(message)),
      connection.on("status", ({ state }) => this.#changed(state)),
      showLink({ connection, bands, texts, announcer, useHere: () => this.open(this.#rideId) }),
    ];
    this.#changed(connection.status.state);
  }

  /** Listens no more. */
  close() {
    for (const end of this.#ends.splice(0)) end();
    this.#connection?.close();
    this.#connection = null;
  }

  /**
   * @param {"find_driver" | "cancel_ride" | "rate_driver"} type
   * @param {Record<string, any>} fields
   * @param {string} [id]
   * @returns {Promise<any>}
   */
  send(type, fields, id) {
    if (this.#connection === null) throw new Error(`no ride to send ${type} to`);
    return this.#connection.send(type, /** @type {any} */ (fields), id);
  }

  /** Takes back what has not been sent yet. @param {string} id */
  withdraw(id) {
    return this.#connection?.withdraw(id) ?? false;
  }

  /** @param {Message} message */
  #took(message) {
    const { seq, epoch } = /** @type {any} */ (message);
    if (typeof seq === "number" && typeof epoch === "string") {
      // The round is told once. After a reload it is asked for again, so that its clock begins at what is left.
      keep("heard", { epoch, last_seq: message.type === "searching" ? seq - 1 : seq });
    }
    this.#hear(message);
  }
}

/** Forgets what a reload would go on with. */
export function forgetRide() {
  for (const name of ["ride", "heard", "booking"]) forget(name);
}
