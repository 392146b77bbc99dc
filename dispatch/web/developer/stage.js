import { DispatchClient } from "../client/dispatch-client.js";
import { Emitter } from "../client/emitter.js";
import { SCENARIOS } from "./scenarios.js";
import { tapped } from "./tap.js";

/** Milliseconds between two positions of the driver, and between two looks for a login code. */
const POSITION_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 400;
/** Milliseconds within which a login code comes, or a message that must follow. */
const CODE_WITHIN_MS = 15_000;
const FOLLOWS_WITHIN_MS = 90_000;
/** Milliseconds between two looks at when the tokens end. */
const RENEWED_EVERY_MS = 30_000;
/** Milliseconds for which the link is cut. */
export const CUT_MS = 20_000;
/** Around which place the driver stands on a server that tells no bounds of its town; and how far the ride goes at most, in degrees. */
const SOMEWHERE = { south: -26.2541, west: 27.9973, north: -26.1541, east: 28.0973 };
const TO_PICKUP = 0.001;
const TO_DROPOFF = 0.01;
/** What part of the town the ride crosses at most: a server may refuse trips that leave the town. */
const SHARE = 0.25;

/**
 * @typedef {import("./tap.js").Who} Who
 * @typedef {import("./scenarios.js").Name} Name
 * @typedef {import("../client/connection.js").Connection} Connection
 * @typedef {{ page: string, phone: string, name: string }} SandboxPerson
 * @typedef {{ south: number, west: number, north: number, east: number }} Bounds
 */

/**
 * A driver and a passenger of the page's own, on sockets that tell what passes. They are logged in, connected, and led through scenarios.
 *
 * @extends {Emitter<{ changed: null, cut: number }>} `changed`: somebody logged in, or a link changed; `cut`: milliseconds until the link is back
 */
export class Stage extends Emitter {
  #clients;
  #staff;
  #town;
  /** @type {Partial<Record<Who, Connection>>} */
  #links = {};
  /** @type {Partial<Record<Who, import("../client/connection.js").Heard | null>>} */
  #heard = {};
  #endsAt = { driver: 0, passenger: 0 };
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #positions;

  /**
   * @param {object} options
   * @param {string} options.base the server's address
   * @param {any} options.town what `/api/town` tells
   * @param {(passed: import("./tap.js").Passed) => void} options.hear gets everything that passes
   */
  constructor({ base, town, hear }) {
    super();
    const WebSocket = tapped(globalThis.WebSocket, hear);
    this.#clients = { driver: new DispatchClient({ base, WebSocket }), passenger: new DispatchClient({ base, WebSocket }) };
    this.#staff = new DispatchClient({ base });
    this.#town = town;
    /** Whose socket each is: the driver's id or phone, and the ride. @type {Record<Who, string>} */
    this.ids = { driver: "27821234568", passenger: newRide() };
  }

  /** @param {Who} who */
  session(who) {
    return this.#clients[who].session;
  }

  /** When the token of this one ends, in Unix milliseconds; 0 before there is one. @param {Who} who */
  endsAt(who) {
    return this.#endsAt[who];
  }

  /** @param {Who} who @returns {Connection | null} */
  link(who) {
    return this.#links[who] ?? null;
  }

  /** Logs both in, and one of the desk, by the codes that a sandbox shows. */
  async logIn() {
    const { people } = await this.#staff.session.request("GET", "/api/sandbox");
    await Promise.all(/** @type {SandboxPerson[]} */ (people).map((person) => this.#logInAs(person)));
    this.ids.driver = this.session("driver").person?.id ?? this.ids.driver;
    await this.#renewed();
    setInterval(() => void this.#renewed().catch(() => {}), RENEWED_EVERY_MS);
  }

  /**
   * Connects this one, or again where it was connected.
   *
   * @param {Who} who
   * @param {import("../client/connection.js").Heard | null} [heard]
   */
  connect(who, heard = null) {
    this.#links[who]?.close();
    this.#heard[who] = heard;
    const memory = { heard, remember: (/** @type {import("../client/connection.js").Heard} */ now) => void (this.#heard[who] = now) };
    const client = this.#clients[who];
    const link = /** @type {Connection} */ (
      who === "driver" ? client.driver(this.ids.driver, memory) : client.ride(this.ids.passenger, memory)
    );
    link.on("status", () => this.emit("changed", null));
    this.#links[who] = link;
    if (who === "driver") this.#drive();
    this.emit("changed", null);
    return link;
  }

  /** @param {Who} who */
  disconnect(who) {
    this.#links[who]?.close();
    delete this.#links[who];
    this.emit("changed", null);
  }

  /**
   * Does what makes the frames of this scenario come.
   *
   * @param {Name} name
   * @param {string} rideId a new one
   * @throws {Error} what must follow does not; the message says what
   */
  async run(name, rideId) {
    const driver = this.link("driver")?.status.state === "open" ? /** @type {Connection} */ (this.link("driver")) : this.connect("driver");
    await opened(driver);
    if (name === "cut") return this.#cut(driver);
    if (name === "replace") return this.#replace(driver);
    await this.#offer(name, rideId, driver);
  }

  /** @param {SandboxPerson} person */
  async #logInAs({ page, phone }) {
    const client = page === "desk" ? this.#staff : this.#clients[/** @type {Who} */ (page)];
    const session = client.session;
    if (session.person !== null) return;
    const asked = performance.now();
    const { request_id } = await session.requestCode({ phone, role: page === "desk" ? "staff" : /** @type {Who} */ (page) });
    while (performance.now() - asked < CODE_WITHIN_MS) {
      const { codes } = await session.request("GET", "/api/sandbox");
      const age = (performance.now() - asked) / 1_000;
      const found = codes.find((/** @type {any} */ one) => digits(one.phone) === digits(phone) && one.age_s <= age + 0.5);
      if (found !== undefined) return session.verifyCode({ request_id, code: found.code });
      await pause(LOOK_EVERY_MS);
    }
    throw new Error("no login code came");
  }

  /**
   * Has the driver asked for a ride, and accepts it, or lets it run out or somebody else take it.
   *
   * @param {Name} name
   * @param {string} rideId
   * @param {Connection} driver
   */
  async #offer(name, rideId, driver) {
    this.ids.passenger = rideId;
    await driver.send("set_availability", { available: true });
    this.#say(driver);
    // Nobody of a sandbox answers while it is paused; otherwise somebody takes what we let run out.
    if (name === "offer") await this.#steer({ next_offer_to: this.ids.driver });
    if (name === "expire") await this.#steer({ pause: true });
    // Somebody else's ride must not be in the way of this one.
    const others = driver.on("ride_request", (/** @type {any} */ offer) => {
      if (offer.ride_id !== rideId) driver.send("decline_ride", { ride_id: offer.ride_id }).catch(() => {});
    });
    const passenger = this.connect("passenger");
    try {
      await opened(passenger);
      const asked = follows(driver, "ride_request", rideId);
      const closed = name === "offer" ? null : follows(driver, "offer_closed", rideId);
      // Where the booking itself is refused, nobody waits for these any more.
      for (const later of [asked, closed]) later?.catch(() => {});
      await passenger.send("find_driver", tripIn(this.#town.bounds ?? SOMEWHERE));
      await asked;
      if (name === "taken") await this.#giveToAnother(rideId);
      if (closed !== null) await closed;
      else {
        const assigned = follows(passenger, "driver_assigned", rideId);
        await driver.send("accept_ride", { ride_id: rideId, driver_id: this.ids.driver });
        await assigned;
      }
    } finally {
      others();
      if (name === "offer") await this.#steer({ next_offer_to: "" });
      if (name === "expire") await this.#steer({ pause: false });
      await passenger.send("cancel_ride", { reason: "" }).catch(() => {});
    }
  }

  /** @param {Connection} driver */
  async #cut(driver) {
    // Who was told nothing yet has nothing to resume: a second connection is told how things stand.
    if (!this.#heard.driver) await follows((driver = this.connect("driver")), "snapshot", null);
    const heard = this.#heard.driver;
    driver.close();
    this.emit("cut", CUT_MS);
    await pause(CUT_MS);
    const back = this.connect("driver", heard);
    await follows(back, "snapshot", null);
  }

  /** Looks when the tokens end, and has new ones made where that is soon. */
  async #renewed() {
    for (const who of /** @type {const} */ (["driver", "passenger"])) {
      const token = await this.session(who).accessToken();
      if (token !== null) this.#endsAt[who] = endOf(token);
    }
    this.emit("changed", null);
  }

  /**
   * Another connection of the same driver: the one before is closed by the server, not by us.
   *
   * @param {Connection} before
   */
  async #replace(before) {
    delete this.#links.driver;
    await opened(this.connect("driver"));
    while (before.status.state !== "closed") await new Promise((resolve) => void before.on("status", resolve));
  }

  /** Tells where the driver is, now and then. */
  #drive() {
    clearInterval(this.#positions);
    this.#positions = setInterval(() => {
      const link = this.link("driver");
      if (link !== null) this.#say(link);
    }, POSITION_EVERY_MS);
  }

  /** @param {Connection} driver */
  #say(driver) {
    const { lat, lon } = middleOf(this.#town.bounds ?? SOMEWHERE);
    driver.say("location_update", { latitude: lat, longitude: lon });
  }

  /** Gives the ride to another driver, as a desk may; without a desk some other driver has to accept. @param {string} rideId */
  async #giveToAnother(rideId) {
    const desk = this.#staff.session;
    if (desk.person === null) return;
    const { drivers } = await desk.request("GET", "/api/drivers");
    for (const { driver_id, status } of drivers) {
      if (status !== "available" || driver_id === this.ids.driver) continue;
      try {
        return await desk.request("POST", `/api/rides/${rideId}/assign`, { body: { driver_id, bind: true } });
      } catch {
        // This one cannot have it now; the next one may.
      }
    }
  }

  /** @param {Record<string, unknown>} order */
  async #steer(order) {
    if (this.#staff.session.person !== null) await this.#staff.session.request("POST", "/api/sandbox/steer", { body: order });
  }
}

/**
 * A trip that begins and ends within these bounds, in degrees: what `find_driver` tells of it.
 *
 * @param {Bounds} bounds
 */
export function tripIn(bounds) {
  const { lat, lon } = middleOf(bounds);
  return {
    pickup_latitude: lat + Math.min(TO_PICKUP, (bounds.north - bounds.south) * SHARE),
    pickup_longitude: lon,
    dropoff_latitude: lat,
    dropoff_longitude: lon + Math.min(TO_DROPOFF, (bounds.east - bounds.west) * SHARE),
    pickup_address: "1 Test Street",
    dropoff_address: "2 Test Street",
    distance_km: 1.5,
    estimated_duration_minutes: 5,
    fare_amount: 0,
  };
}

/** @param {Bounds} bounds */
function middleOf({ south, west, north, east }) {
  return { lat: (south + north) / 2, lon: (west + east) / 2 };
}

/** The id of a ride that nobody has booked. */
export function newRide() {
  return `test-${crypto.randomUUID().slice(0, 8)}`;
}

/** The names of all scenarios, in the order in which they are shown. */
export const NAMES = /** @type {Name[]} */ (Object.keys(SCENARIOS));

/** @param {Connection} link */
function opened(link) {
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const look = () => {
        if (link.status.state === "open") resolve();
        if (link.status.state === "closed") reject(new Error(`closed: ${link.status.why}`));
      };
      link.on("status", look);
      look();
    })
  );
}

/**
 * The next message of this type, about this ride where one is named.
 *
 * @param {Connection} link
 * @param {string} type
 * @param {string | null} rideId
 */
function follows(link, type, rideId) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      done();
      reject(new Error(type));
    }, FOLLOWS_WITHIN_MS);
    const done = link.on(type, (message) => {
      if (rideId !== null && message.ride_id !== rideId) return;
      clearTimeout(late);
      done();
      resolve(message);
    });
  });
}

/** When a token ends, in Unix milliseconds. @param {string} token */
function endOf(token) {
  const claims = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(claims)).exp * 1_000;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}

/** @param {string} phone */
function digits(phone) {
  return phone.replace(/\D/g, "");
}
