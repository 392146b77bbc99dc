/**
 * What an app needs to speak with a dispatch server: log in, ask over HTTP, and keep the socket of a ride, a driver or the desk.
 *
 *     const client = new DispatchClient({ base: "http://127.0.0.1:8067" });
 *     const ride = client.ride("ride-1");
 *     ride.on("driver_assigned", ({ driver_name, eta_s }) => console.log(driver_name, eta_s));
 *     await ride.send("find_driver", { … });
 *
 * It is one folder of plain ES modules without dependencies; the types of all messages are in types.d.ts.
 */

import { Connection } from "./connection.js";
import { Session } from "./session.js";

export { Connection } from "./connection.js";
export { Countdown } from "./countdown.js";
export { NoAnswer, Refused } from "./errors.js";
export { Session } from "./session.js";

/** @typedef {import("./connection.js").Heard} Heard */
/** @typedef {{ heard?: Heard | null, remember?: (heard: Heard) => void }} Memory where a page keeps how much it has heard */

/** One server, and whoever is logged in on it. */
export class DispatchClient {
  #WebSocket;

  /**
   * @param {object} options as of `Session`, and
   * @param {string} options.base the server, `https://dispatch.example`
   * @param {"passenger" | "driver" | "desk"} [options.page] for the server's own pages alone
   * @param {string | null} [options.refreshToken] of an earlier run of the app
   * @param {typeof globalThis.fetch} [options.fetch]
   * @param {typeof globalThis.WebSocket} [options.WebSocket] where the surroundings have none
   */
  constructor({ WebSocket = globalThis.WebSocket, ...options }) {
    this.#WebSocket = WebSocket;
    /** Logs in and out, and asks over HTTP. */
    this.session = new Session(options);
  }

  /**
   * The passenger's socket of a ride. The id is chosen by the app: one id is one booking.
   *
   * @param {string} rideId
   * @param {Memory} [memory]
   * @returns {Connection & Connected<import("./types").ToPassenger, import("./types").FromPassenger>}
   */
  ride(rideId, memory) {
    return this.#connected(`/ws/ride/${encodeURIComponent(rideId)}/`, memory);
  }

  /**
   * The driver's socket.
   *
   * @param {string} driverId the driver's id or phone number
   * @param {Memory} [memory]
   * @returns {Connection & Connected<import("./types").ToDriver, import("./types").FromDriver>}
   */
  driver(driverId, memory) {
    return this.#connected(`/ws/driver/${encodeURIComponent(driverId)}/`, memory);
  }

  /**
   * The desk's socket.
   *
   * @returns {Connection & Connected<import("./types").ToDesk, import("./types").FromDesk>}
   */
  desk() {
    return this.#connected("/ws/ops/", undefined);
  }

  /** @returns {Promise<any>} what the server tells everybody: name, currency, vehicle types */
  town() {
    return this.session.request("GET", "/api/town", { anybody: true });
  }

  /**
   * Promises a price.
   *
   * @param {Record<string, any>} trip
   * @returns {Promise<any>}
   */
  quote(trip) {
    return this.session.request("POST", "/api/quotes", { body: trip });
  }

  /**
   * Has the server wake this device by push for offers, while the driver's app sleeps and the login lasts. To be said after each login
   * and whenever the push service gives another token. Offers are answered on the socket: it has them in its `snapshot`.
   *
   * @param {string} token what the push service calls the device
   * @param {"android" | "ios" | "web" | "other"} [platform]
   * @returns {Promise<{ device_id: string, platform: string, registered_at: string, pushes: boolean }>} `pushes`: whether the server sends any
   */
  registerDevice(token, platform = "other") {
    return this.session.request("POST", "/api/me/devices", { body: { token, platform } });
  }

  /**
   * Has nothing sent to this device any more. A logout does that as well.
   *
   * @param {string} deviceId as `registerDevice` gave it
   * @returns {Promise<null>}
   */
  forgetDevice(deviceId) {
    return this.session.request("DELETE", `/api/me/devices/${encodeURIComponent(deviceId)}`);
  }

  /**
   * @param {string} path
   * @param {Memory | undefined} memory
   * @returns {any}
   */
  #connected(path, memory) {
    const url = this.session.base.replace(/^http/, "ws") + path;
    const connection = new Connection({ url, session: this.session, WebSocket: this.#WebSocket, ...memory });
    connection.open();
    return connection;
  }
}

/**
 * What messages a socket brings and takes, by their types.
 *
 * @template {{ type: string }} In
 * @template {{ type: string }} Out
 * @typedef {{
 *   on<T extends In["type"]>(type: T, listener: (message: Extract<In, { type: T }>) => void): () => void,
 *   on(name: "message", listener: (message: In) => void): () => void,
 *   on(name: "status", listener: (status: import("./connection.js").Status) => void): () => void,
 *   send<T extends Out["type"]>(type: T, fields: Omit<Extract<Out, { type: T }>, "type" | "id">, id?: string): Promise<any> & { id: string },
 * }} Connected
 */
