/** Where a ride leads to now, and how long that takes: pure. */

import { metresBetween } from "../map/streets.js";

/** @typedef {{ lat: number, lon: number }} Spot */
/** @typedef {import("./state.js").Ride} Ride */

/** Metres from the pickup beyond which arriving there is asked about first. The server warns from there on, too. */
export const FAR_M = 250;
/** A trip shorter than so many metres tells no pace. */
const SHORT_M = 200;

/** The pickup, and once the passenger is in, the drop-off. @param {Ride} ride @returns {Spot} */
export function goalOf(ride) {
  return ride.status === "in_progress" ? { lat: ride.dropoff_latitude, lon: ride.dropoff_longitude } : pickupOf(ride);
}

/** @param {Ride} ride @returns {Spot} */
export function pickupOf({ pickup_latitude: lat, pickup_longitude: lon }) {
  return { lat, lon };
}

/**
 * Seconds for these metres, as the crow flies, at the pace that the server expects of the ride's own trip; null where that tells none.
 *
 * @param {Ride} ride
 * @param {number} metres
 */
export function secondsTo(ride, metres) {
  const tripM = metresBetween(pickupOf(ride), { lat: ride.dropoff_latitude, lon: ride.dropoff_longitude });
  return tripM < SHORT_M || ride.estimated_duration <= 0 ? null : (metres / tripM) * ride.estimated_duration * 60;
}
