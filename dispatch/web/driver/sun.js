/** Whether it is night somewhere, by the height of the sun: good to a minute or two, which is enough to choose colours by. */

const J2000_DAY = 10_957.5;
const DAY_MS = 86_400_000;
/** Degrees at which the sun's upper edge touches the horizon. */
const HORIZON = -0.833;
const RADIANS = Math.PI / 180;
const sine = (/** @type {number} */ degrees) => Math.sin(degrees * RADIANS);
const cosine = (/** @type {number} */ degrees) => Math.cos(degrees * RADIANS);

/**
 * How high the sun stands, in degrees (Astronomical Almanac, low precision).
 *
 * @param {Date} when
 * @param {{ lat: number, lon: number }} where
 */
export function sunHeight(when, { lat, lon }) {
  const day = when.getTime() / DAY_MS - J2000_DAY;
  const anomaly = 357.529 + 0.98560028 * day;
  const longitude = 280.459 + 0.98564736 * day + 1.915 * sine(anomaly) + 0.02 * sine(2 * anomaly);
  const tilt = 23.439 - 0.00000036 * day;
  const ascension = Math.atan2(cosine(tilt) * sine(longitude), cosine(longitude)) / RADIANS;
  const declination = Math.asin(sine(tilt) * sine(longitude)) / RADIANS;
  const hour = (18.697374558 + 24.06570982441908 * day) * 15 + lon - ascension;
  return Math.asin(sine(lat) * sine(declination) + cosine(lat) * cosine(declination) * cosine(hour)) / RADIANS;
}

/**
 * Whether the sun is down.
 *
 * @param {Date} when
 * @param {{ lat: number, lon: number }} where
 */
export function isNight(when, where) {
  return sunHeight(when, where) < HORIZON;
}
