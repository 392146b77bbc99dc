/**
 * What a passenger's page knows of a ride, and how each message of the server changes it. Pure: the same messages make the same ride, in a
 * browser and in a test. Only the server moves a ride on; a tap does not.
 */

/**
 * @typedef {import("../client/types").ToPassenger} Message
 * @typedef {{ name: string, lat: number, lon: number }} Place
 * @typedef {"sending" | "scheduled" | "searching" | "coming" | "here" | "trip" | "done" | "nobody" | "ended"} Phase
 *   `sending`: the booking has no answer yet; `coming`, `here`: the driver is on the way to the pickup, or at it
 * @typedef {{ id: string, name: string, phone: string, rating: number | null, type: string, plate: string }} Driver
 * @typedef {{ lat: number, lon: number, heading: number | null }} Car
 * @typedef {{ now: number, wall: number }} Clock `now`: milliseconds that only grow, when the message left the server; `wall`: Unix milliseconds
 *
 * @typedef {object} Terms what was booked
 * @property {Place} pickup
 * @property {Place} dropoff
 * @property {number} fare
 * @property {string | null} currency
 * @property {boolean} byAgreement nobody has named a price
 * @property {"cash" | "card"} payment
 * @property {string | null} vehicleType
 * @property {string} note
 * @property {string | null} pickupAt
 *
 * @typedef {object} Ride
 * @property {string} id
 * @property {Phase} phase
 * @property {Terms} terms
 * @property {{ round: number, roundsMax: number | null, asked: number, askedTotal: number | null, ends: number | null } | null} search
 * @property {Driver | null} driver
 * @property {string | null} pin
 * @property {Car | null} car
 * @property {{ s: number, at: number } | null} eta seconds, and when that was heard
 * @property {{ fee: number, freeUntil: number | null } | null} cancel what cancelling costs; null: it is not possible, or not known
 * @property {{ freeUntil: number | null, perMinute: number, noShowAt: number | null, noShowFee: number } | null} waiting
 * @property {{ reason: string, since: number } | null} lost the driver cannot be reached, by the wall clock since then
 * @property {{ name: string, by: string } | null} gaveBack who had the ride and does not any more
 * @property {{ fare: number, reason: string } | null} newFare
 * @property {{ fare: number, byAgreement: boolean, breakdown: [string, number][], km: number | null, minutes: number | null, payment: string } | null} receipt
 *   `payment`: `cash`, `pending`, `paid` or `declined`
 * @property {{ by: string, reason: string, fee: number, noShow: boolean } | null} end
 * @property {{ asked: number, rounds: number } | null} nobody
 * @property {boolean} rated
 * @property {boolean} cancelling the server was asked to cancel and has not answered
 *   Times without another word are on the clock that only grows.
 */

/** @type {Record<string, Phase>} */
const PHASES = {
  scheduled: "scheduled",
  pending: "searching",
  accepted: "coming",
  arrived: "here",
  in_progress: "trip",
  completed: "done",
  no_drivers: "nobody",
  cancelled: "ended",
  no_show: "ended",
};
const OVER = new Set(["done", "nobody", "ended"]);
const WITH_DRIVER = new Set(["coming", "here", "trip"]);

/**
 * A ride that is about to be booked.
 *
 * @param {string} id
 * @param {Terms} terms
 * @returns {Ride}
 */
export function newRide(id, terms) {
  return {
    id, terms, phase: "sending", search: null, driver: null, pin: null, car: null, eta: null, cancel: null, waiting: null, lost: null,
    gaveBack: null, newFare: null, receipt: null, end: null, nobody: null, rated: false, cancelling: false,
  };
}

/** A ride of which only the id is known, until its snapshot comes. @param {string} id */
export function unknownRide(id) {
  const nowhere = { name: "", lat: NaN, lon: NaN };
  return newRide(id, { pickup: nowhere, dropoff: nowhere, fare: 0, currency: null, byAgreement: false, payment: "cash", vehicleType: null, note: "", pickupAt: null });
}

/** Whether nothing more happens to it. @param {Ride} ride */
export function isOver(ride) {
  return OVER.has(ride.phase);
}

/** Whether a driver has it. @param {Ride} ride */
export function hasDriver(ride) {
  return WITH_DRIVER.has(ride.phase);
}

/**
 * The ride after a message.
 *
 * @param {Ride} ride
 * @param {Message} message
 * @param {Clock} clock
 * @returns {Ride}
 */
export function reduce(ride, message, clock) {
  const change = CHANGES[message.type];
  return change === undefined ? ride : change(ride, message, clock);
}

/**
 * The same ride as it can be kept for a reload: without times of a clock that begins anew.
 *
 * @param {Ride} ride
 * @returns {Ride}
 */
export function withoutClocks(ride) {
  return {
    ...ride,
    search: ride.search && { ...ride.search, ends: null },
    eta: null,
    cancel: ride.cancel && ride.cancel.freeUntil === null ? ride.cancel : null,
    waiting: ride.waiting && { ...ride.waiting, freeUntil: null, noShowAt: null },
    cancelling: false,
  };
}

/** @type {Record<string, (ride: Ride, message: any, clock: Clock) => Ride>} */
const CHANGES = {
  searching: (ride, m, { now }) => ({
    ...ride,
    phase: "searching",
    terms: { ...ride.terms, ...fareOf(ride, m) },
    search: {
      round: m.round,
      roundsMax: m.rounds_max ?? ride.search?.roundsMax ?? null,
      asked: m.drivers_notified,
      askedTotal: m.asked_total ?? null,
      ends: typeof m.ttl_ms === "number" ? now + m.ttl_ms : null,
    },
    ...NO_DRIVER,
    cancel: { fee: 0, freeUntil: null },
  }),

  driver_assigned: (ride, m, { now }) => ({
    ...ride,
    phase: "coming",
    ...driverOf(m),
    ...placeOf(m, now),
    search: null,
    gaveBack: null,
    lost: null,
    waiting: null,
    cancel: cancelOf(m, now),
  }),

  driver_location: (ride, m, { now }) =>
    hasDriver(ride)
      ? {
          ...ride,
          car: { lat: m.latitude, lon: m.longitude, heading: m.heading ?? null },
          eta: { s: m.eta_s, at: now },
          lost: ride.lost?.reason === "not_heard" ? null : ride.lost,
        }
      : ride,

  driver_arrived: (ride, m, { now }) => ({
    ...ride,
    phase: "here",
    lost: null,
    cancel: cancelOf(m, now),
    waiting: waitingOf(m, now),
  }),

  ride_started: (ride) => ({ ...ride, phase: "trip", eta: null, lost: null, cancel: null, waiting: null, cancelling: false }),

  ride_completed: (ride, m) => ({ ...ride, ...endless, phase: "done", terms: { ...ride.terms, ...fareOf(ride, m) }, receipt: receiptOf(ride, m) }),

  ride_cancelled: (ride, m) => ({
    ...ride,
    ...endless,
    phase: "ended",
    end: { by: m.by, reason: m.reason, fee: m.fee, noShow: m.by === "driver" && m.fee > 0 },
    terms: { ...ride.terms, currency: m.currency ?? ride.terms.currency },
  }),

  driver_unreachable: (ride, m, { wall }) => ({ ...ride, lost: { reason: m.reason, since: wall } }),

  driver_cancelled: (ride, m) => ({
    ...ride,
    ...NO_DRIVER,
    phase: "searching",
    search: null,
    gaveBack: { name: ride.driver?.name ?? "", by: m.by },
    cancel: { fee: 0, freeUntil: null },
  }),

  no_drivers: (ride, m) => ({ ...ride, ...endless, ...NO_DRIVER, phase: "nobody", nobody: { asked: m.drivers_asked, rounds: m.rounds } }),

  payment: (ride, m) => (ride.receipt === null ? ride : { ...ride, receipt: { ...ride.receipt, payment: m.status } }),

  fare_changed: (ride, m) => ({
    ...ride,
    newFare: { fare: m.fare, reason: m.reason },
    terms: { ...ride.terms, fare: m.fare, byAgreement: false, currency: m.currency ?? ride.terms.currency },
  }),

  note_changed: (ride, m) => ({ ...ride, terms: { ...ride.terms, note: m.note } }),

  snapshot: (ride, m, clock) => snapshot(ride, m, clock),
};

const NO_DRIVER = { driver: null, pin: null, car: null, eta: null, waiting: null, lost: null };
/** What ends with the ride. */
const endless = { search: null, eta: null, car: null, cancel: null, waiting: null, lost: null, cancelling: false };

/**
 * The ride as the snapshot has it. What it does not say and what does not contradict it stays: which round, whether it was rated.
 *
 * @param {Ride} ride
 * @param {import("../client/types").PassengerSnapshot} m
 * @param {Clock} clock
 * @returns {Ride}
 */
function snapshot(ride, m, { now }) {
  const phase = PHASES[m.status] ?? ride.phase;
  const stays = phase === ride.phase;
  const coming = WITH_DRIVER.has(phase) || phase === "done";
  const ended = phase === "ended";
  return {
    ...ride,
    phase,
    terms: termsOf(ride, m),
    search: phase === "searching" ? ride.search : null,
    ...(coming && m.driver_id ? driverOf(m) : phase === "searching" || phase === "scheduled" ? { driver: null, pin: null } : {}),
    ...(WITH_DRIVER.has(phase) ? placeOf(m, now, stays ? ride : null) : { car: null, eta: null }),
    cancel: cancelOf(m, now),
    waiting: phase === "here" ? waitingOf(m, now) : null,
    lost: stays ? ride.lost : null,
    gaveBack: phase === "searching" ? ride.gaveBack : null,
    receipt: phase === "done" ? receiptOf(ride, m) : null,
    end: ended ? { by: m.by ?? "", reason: m.reason ?? "", fee: m.fee ?? 0, noShow: m.status === "no_show" } : null,
    nobody: phase === "nobody" ? ride.nobody : null,
    cancelling: !OVER.has(phase) && ride.cancelling,
  };
}

/**
 * @param {Ride} ride
 * @param {import("../client/types").PassengerSnapshot} m
 * @returns {Terms}
 */
function termsOf({ terms, ...ride }, m) {
  return {
    ...terms,
    pickup: pointOf(m.pickup_address, m.pickup_latitude, m.pickup_longitude) ?? terms.pickup,
    dropoff: pointOf(m.dropoff_address, m.dropoff_latitude, m.dropoff_longitude) ?? terms.dropoff,
    pickupAt: m.pickup_at ?? terms.pickupAt,
    payment: m.payment_status && m.payment_status !== "cash" ? "card" : terms.payment,
    ...fareOf({ terms, ...ride }, m),
  };
}

/**
 * @param {string | null | undefined} name
 * @param {number | null | undefined} lat
 * @param {number | null | undefined} lon
 * @returns {Place | null}
 */
function pointOf(name, lat, lon) {
  return typeof lat === "number" && typeof lon === "number" ? { name: name ?? "", lat, lon } : null;
}

/** A fare of 0 that nobody has named is no price. @param {Ride} ride @param {any} m */
function fareOf({ terms }, m) {
  const fare = typeof m.fare === "number" ? m.fare : terms.fare;
  const currency = m.currency ?? terms.currency;
  return { fare, currency, byAgreement: m.fare_by_agreement === true || fare === 0 };
}

/** @param {any} m @returns {Pick<Ride, "driver" | "pin">} */
function driverOf(m) {
  const driver = {
    id: m.driver_id ?? "",
    name: m.driver_name ?? "",
    phone: m.driver_phone ?? "",
    rating: m.driver_rating ?? null,
    type: m.vehicle_type ?? "",
    plate: m.vehicle_registration ?? "",
  };
  return { driver, pin: m.start_pin ?? null };
}

/**
 * @param {any} m
 * @param {number} now
 * @param {Ride | null} [before] whose car and ETA stay where the message says nothing
 * @returns {Pick<Ride, "car" | "eta">}
 */
function placeOf(m, now, before = null) {
  const knows = typeof m.driver_latitude === "number" && typeof m.driver_longitude === "number";
  return {
    car: knows ? { lat: m.driver_latitude, lon: m.driver_longitude, heading: before?.car?.heading ?? null } : (before?.car ?? null),
    eta: typeof m.eta_s === "number" ? { s: m.eta_s, at: now } : (before?.eta ?? null),
  };
}

/** @param {any} m @param {number} now @returns {Ride["cancel"]} */
function cancelOf(m, now) {
  if (typeof m.cancel_fee !== "number") return null;
  const left = m.cancel_free_ttl_ms;
  return { fee: m.cancel_fee, freeUntil: m.cancel_fee > 0 && typeof left === "number" ? now + left : null };
}

/** @param {any} m @param {number} now @returns {Ride["waiting"]} */
function waitingOf(m, now) {
  const until = (/** @type {unknown} */ left) => (typeof left === "number" ? now + left : null);
  return {
    freeUntil: until(m.waiting_free_ttl_ms),
    perMinute: m.waiting_per_minute ?? 0,
    noShowAt: until(m.no_show_ttl_ms),
    noShowFee: m.no_show_fee ?? 0,
  };
}

/** @param {Ride} ride @param {any} m @returns {Ride["receipt"]} */
function receiptOf(ride, m) {
  const fare = typeof m.fare === "number" ? m.fare : ride.terms.fare;
  return {
    fare,
    byAgreement: m.fare_by_agreement === true || fare === 0,
    breakdown: Object.entries(m.breakdown ?? Object.fromEntries(ride.receipt?.breakdown ?? [])),
    km: m.driven_km ?? m.distance_km ?? null,
    minutes: m.duration_minutes ?? null,
    payment: m.payment_status ?? ride.receipt?.payment ?? ride.terms.payment,
  };
}
