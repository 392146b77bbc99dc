/** Trips before they are rides: what is sent for a quote and a booking, when, and what people booked before. Pure. */

/** Without a tariff the app says how far and how long: the straight line × 1.3 at 25 km/h, as the server would reckon. */
const DETOUR = 1.3;
const KMH = 25;
const EARTH_KM = 6_371;
/** Nobody is offered a day further off, however far ahead the town takes rides. */
const MOST_DAYS = 7;
const [MINUTE_S, DAY_S] = [60, 86_400];
const MOST_RECENT = 3;

/**
 * @typedef {import("./state.js").Place} Place
 * @typedef {{ vehicleType: string | null, quoteId: string | null, fare: number | null, currency: string | null, km: number, minutes: number, ends: number | null, expiresAt: string | null, etaS: number | null }} Offer
 *   a way to be driven: by any vehicle where `vehicleType` is null. `fare` null: the driver tells. `ends` on the clock that only grows. `etaS`: how far the
 *   nearest free driver is, in seconds, where that is known
 */

/** @param {Place} from @param {Place} to kilometres in a straight line */
export function straightKm(from, to) {
  const rad = Math.PI / 180;
  const [a, b] = [from.lat * rad, to.lat * rad];
  const half = Math.sin((b - a) / 2) ** 2 + Math.cos(a) * Math.cos(b) * Math.sin(((to.lon - from.lon) * rad) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.sqrt(half));
}

/**
 * What can be booked where the server sets no fares: one line for each vehicle type.
 *
 * @param {Place} pickup
 * @param {Place} dropoff
 * @param {readonly string[]} types
 * @returns {Offer[]}
 */
export function withoutTariff(pickup, dropoff, types) {
  const km = straightKm(pickup, dropoff) * DETOUR;
  const minutes = Math.max(1, Math.round((km / KMH) * 60));
  return [null, ...types].map((vehicleType) => ({ vehicleType, quoteId: null, fare: null, currency: null, km, minutes, ends: null, expiresAt: null, etaS: null }));
}

/**
 * The lines of an answer of `/api/quotes`: the first is for any vehicle, then one for each type, the cheapest first.
 *
 * @param {any} answer
 * @param {number} now when it came, on the clock that only grows
 * @returns {Offer[]}
 */
export function offersOf(answer, now) {
  const types = [...(answer.quotes ?? [])].sort((one, other) => one.fare - other.fare);
  return [answer, ...types].map((quote) => ({
    vehicleType: quote.vehicle_type || null,
    quoteId: quote.quote_id,
    fare: quote.fare,
    currency: quote.currency || null,
    km: quote.distance_km,
    minutes: quote.duration_minutes,
    ends: now + quote.ttl_ms,
    expiresAt: quote.expires_at,
    etaS: quote.eta_s ?? null,
  }));
}

/**
 * What `/api/quotes` is asked.
 *
 * @param {{ pickup: Place, dropoff: Place, pickupAt: string | null, vehicleType?: string | null, phone?: string | null }} trip
 */
export function quoteAsked({ pickup, dropoff, pickupAt, vehicleType = null, phone = null }) {
  return {
    pickup_latitude: pickup.lat,
    pickup_longitude: pickup.lon,
    dropoff_latitude: dropoff.lat,
    dropoff_longitude: dropoff.lon,
    ...(pickupAt ? { pickup_at: pickupAt } : {}),
    ...(vehicleType ? { vehicle_type: vehicleType } : {}),
    ...(phone ? { passenger_phone: phone } : {}),
  };
}

/**
 * The booking of an offer.
 *
 * @param {{ pickup: Place, dropoff: Place, pickupAt: string | null }} trip
 * @param {Offer} offer
 * @param {{ payment: "cash" | "card", note: string, vehicleType: string | null }} choice
 * @param {{ name: string, phone?: string } | null} guest where nobody logs in
 * @returns {Omit<import("../client/types").FindDriver, "type" | "id">}
 */
export function bookingOf({ pickup, dropoff, pickupAt }, offer, { payment, note, vehicleType }, guest) {
  return {
    pickup_latitude: pickup.lat,
    pickup_longitude: pickup.lon,
    dropoff_latitude: dropoff.lat,
    dropoff_longitude: dropoff.lon,
    pickup_address: pickup.name,
    dropoff_address: dropoff.name,
    distance_km: offer.km,
    estimated_duration_minutes: offer.minutes,
    fare_amount: offer.fare ?? 0,
    ...(offer.quoteId ? { quote_id: offer.quoteId } : {}),
    ...(vehicleType ? { vehicle_type: vehicleType } : {}),
    ...(note.trim() ? { note: note.trim() } : {}),
    ...(payment === "card" ? { payment_method: "card" } : {}),
    ...(pickupAt ? { pickup_at: pickupAt } : {}),
    ...(guest?.name ? { passenger_name: guest.name } : {}),
    ...(guest?.phone ? { passenger_phone: guest.phone } : {}),
  };
}

/**
 * Two numbers that somebody typed as a place: latitude and longitude, `60.1699, 24.9384`. Null for everything else.
 *
 * @param {string} text
 * @returns {Place | null}
 */
export function typedPoint(text) {
  const found = /^\s*(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*$/.exec(text);
  if (found === null) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { name: text.trim(), lat, lon } : null;
}

/**
 * The parts of a moment as a clock on the wall of this zone shows them.
 *
 * @param {Date} moment
 * @param {string | undefined} zone
 */
export function wallClock(moment, zone) {
  const options = /** @type {const} */ ({ year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const parts = new Intl.DateTimeFormat("en-GB-u-nu-latn", { ...options, timeZone: zone }).formatToParts(moment);
  const of = Object.fromEntries(parts.map(({ type, value }) => [type, value]));
  return { day: `${of.year}-${of.month}-${of.day}`, time: `${of.hour}:${of.minute}` };
}

/**
 * The moment at which the clock of this zone shows that day and time. In an hour that is skipped it is the one after it.
 *
 * @param {string} day `2026-11-30`
 * @param {string} time `17:30`
 * @param {string | undefined} zone
 * @returns {Date}
 */
export function momentAt(day, time, zone) {
  const wanted = Date.parse(`${day}T${time}:00Z`);
  let moment = wanted;
  for (let tries = 0; tries < 3; tries += 1) {
    const shown = wallClock(new Date(moment), zone);
    const off = wanted - Date.parse(`${shown.day}T${shown.time}:00Z`);
    if (off === 0) break;
    moment += off;
  }
  return new Date(moment);
}

/**
 * How many minutes ahead a ride can be booked at least, so that it is not one of now, and how many days at most; null where the town takes none ahead.
 *
 * @param {{ schedule_lead_s: number, schedule_ahead_s: number }} town
 * @returns {{ minutes: number, days: number } | null}
 */
export function aheadOf({ schedule_lead_s, schedule_ahead_s }) {
  const minutes = Math.ceil(schedule_lead_s / MINUTE_S) + 1;
  return minutes * MINUTE_S >= schedule_ahead_s ? null : { minutes, days: Math.min(MOST_DAYS, Math.ceil(schedule_ahead_s / DAY_S)) };
}

/**
 * The days that one can book for, today first.
 *
 * @param {Date} now
 * @param {string | undefined} zone
 * @param {number} [most] days after today
 * @returns {string[]}
 */
export function daysAhead(now, zone, most = MOST_DAYS) {
  const today = Date.parse(`${wallClock(now, zone).day}T12:00:00Z`);
  return Array.from({ length: most + 1 }, (_, at) => new Date(today + at * 86_400_000).toISOString().slice(0, 10));
}

/**
 * Where somebody went before, the newest first, each place once.
 *
 * @param {readonly any[]} rides of `/api/me/rides`
 * @returns {(Place & { at: string })[]}
 */
export function recentPlaces(rides) {
  /** @type {Map<string, Place & { at: string }>} */
  const places = new Map();
  for (const ride of rides) {
    const name = ride.dropoff_address;
    if (name && !places.has(name)) places.set(name, { name, lat: ride.dropoff_latitude, lon: ride.dropoff_longitude, at: ride.requested_at });
    if (places.size === MOST_RECENT) break;
  }
  return [...places.values()];
}

