/** Where a ride leads to now, how long that takes, and what opens the way there: pure. */

import { metresBetween } from "../map/streets.js";

/** @typedef {{ lat: number, lon: number }} Spot */
/** @typedef {import("./state.js").Ride} Ride */

/** Metres from the pickup beyond which arriving there is asked about first. The server warns from there on, too. */
export const FAR_M = 250;
/** A trip shorter than so many metres tells no pace. */
const SHORT_M = 200;

/** What may show the way: the app that the phone has for places, or one by its name. @type {readonly ["phone", "google", "waze", "apple"]} */
export const NAVIGATORS = ["phone", "google", "waze", "apple"];
/** Names are the same in every language. */
export const NAVIGATOR_NAMES = { google: "Google Maps", waze: "Waze", apple: "Apple Maps" };

/** iPhones open no `geo:` address. @param {string} browser what the browser says it is */
export function usualNavigator(browser) {
  return /iPhone|iPad|iPod/.test(browser) ? "apple" : "phone";
}

/**
 * The address that opens the way to a place. The page itself asks for none of them: only who taps the link goes there.
 *
 * @param {typeof NAVIGATORS[number]} navigator
 * @param {Spot & { address: string }} place
 */
export function navigationUrl(navigator, { lat, lon, address }) {
  const at = `${lat},${lon}`;
  switch (navigator) {
    case "google":
      return `https://www.google.com/maps/dir/?api=1&travelmode=driving&destination=${encodeURIComponent(at)}`;
    case "waze":
      return `https://waze.com/ul?navigate=yes&ll=${encodeURIComponent(at)}`;
    case "apple":
      return `https://maps.apple.com/?dirflg=d&daddr=${encodeURIComponent(at)}`;
    default:
      return `geo:${at}?q=${at}(${encodeURIComponent(address)})`;
  }
}

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
