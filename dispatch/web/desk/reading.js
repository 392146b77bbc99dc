/** What people type at the desk, read: phones, times of the town, places by their coordinates. Pure. */

/** The digits of what was typed. @param {string} text */
export function digitsOf(text) {
  return text.normalize("NFKC").replace(/\D/g, "");
}

/**
 * Whether what was typed is this whole phone, with its country or without.
 *
 * @param {string} typed in any written form
 * @param {string} phone digits with the country
 */
export function isWhole(typed, phone) {
  const digits = digitsOf(typed).replace(/^0+/, "");
  return digits.length >= 6 && (digits === phone || (phone.endsWith(digits) && phone.length - digits.length <= 3));
}

/**
 * The place of coordinates that were typed, `60.17, 24.94`; null for any other text.
 *
 * @param {string} text
 */
export function placeIn(text) {
  const found = /^\s*(-?\d{1,2}\.\d+)[,;\s]+(-?\d{1,3}\.\d+)\s*$/.exec(text);
  if (found === null) return null;
  const [lat, lon] = [Number(found[1]), Number(found[2])];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { name: `${lat}, ${lon}`, lat, lon } : null;
}

/**
 * The moment that a local date and time of the town stands for, as RFC 3339 in UTC. Of a time that a clock shows twice the first, of one that
 * it skips the one after.
 *
 * @param {string} written as of an input, `2026-11-30T17:30`
 * @param {string | undefined} timeZone without it that of the browser
 */
export function momentIn(written, timeZone) {
  const wanted = Date.parse(`${written}Z`);
  let at = wanted;
  // The offset at a first guess leads to a second, which is right but in the hour of a change; a third settles that.
  for (let turn = 0; turn < 3; turn += 1) at = wanted - (shownAt(at, timeZone) - at);
  return new Date(at).toISOString();
}

/** What clocks show at a moment, as if it were UTC. @param {number} at @param {string | undefined} timeZone */
function shownAt(at, timeZone) {
  const parts = new Intl.DateTimeFormat("en-u-nu-latn", {
    timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(at);
  const of = (/** @type {string} */ type) => Number(parts.find((part) => part.type === type)?.value);
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}
