/**
 * The streets of the town, as `dispatch map build` writes them: what is drawn, where people look for an address, and what a point is called.
 * No element and no map is touched here.
 */

/** @typedef {{ lat: number, lon: number }} Spot degrees */
/** @typedef {{ name: string, lat: number, lon: number, detail?: string }} Place `detail` tells two streets of one name apart */
/** @typedef {"main" | "middle" | "minor" | "lane" | "walk"} StreetKind */
/** @typedef {{ south: number, west: number, north: number, east: number }} Bounds degrees */
/** @typedef {{ kind: string, name: string, points: [number, number][] }} Line points are longitude and latitude, as GeoJSON has them */
/**
 * @typedef {object} StreetsFile
 * @property {string} credit
 * @property {Bounds} bounds
 * @property {string[]} names
 * @property {[StreetKind, number, number[]][]} streets kind, number of the name or -1, steps
 * @property {["water" | "green", number[]][]} areas
 */
/**
 * @typedef {object} Entry a street as it is looked for
 * @property {string} name
 * @property {string} text the name, folded
 * @property {string[]} words of that
 * @property {(string | undefined)[]} longs what each word is short for
 * @property {number} initials a bit for each letter that a word of it begins with
 * @property {number} rank lower for a wider street
 * @property {Line[]} lines
 * @property {boolean} isOneOfMany there are others of this name
 * @property {Place | null} place where it is, once somebody has asked
 */
/** @typedef {{ entry: Entry, fit: number }} Hit */

const STEPS_A_DEGREE = 100_000;
/** Pieces of one name that lie farther apart are two streets. */
const APART_M = 1_500;
export const METRES_A_DEGREE = 111_195;
const RANKS = ["main", "middle", "minor", "lane", "walk"];

/** Words that people shorten. Either form finds the other. */
const SHORT = new Map(Object.entries({
  st: "street", str: "strasse", rd: "road", ave: "avenue", av: "avenue", blvd: "boulevard", bd: "boulevard", dr: "drive", ln: "lane", sq: "square",
  pl: "place", ct: "court", hwy: "highway", pkwy: "parkway", ter: "terrace", cres: "crescent", cl: "close", r: "rue", n: "north", s: "south",
  e: "east", w: "west",
}));
/** Letters that do not come apart into a letter and an accent. */
const LETTERS = new Map(Object.entries({ "ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ـ": "" }));

const ASCII = /^[\x20-\x7e]*$/;

/**
 * Text as it is compared: small letters without accents, words parted by one blank.
 *
 * @param {string} text
 */
export function fold(text) {
  if (ASCII.test(text)) return text.toLowerCase().replace(/[^a-z0-9]+/g, " ").trim();
  const plain = text.normalize("NFC").toLowerCase().replace(/[ßøæœłđðþıأإآىةـ]/gu, (letter) => LETTERS.get(letter) ?? "");
  return plain.normalize("NFD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}

/**
 * Parts what was typed into the words of a street and a house number, wherever that stands: `12 long st`, `Mannerheimintie 12 B`.
 *
 * @param {string} typed
 * @returns {{ words: string[], number: string, numberFirst: boolean }}
 */
export function parted(typed) {
  const found = /^\s*(\d+\s?[a-z]?)\s+(?=\D)|(?<=\D)\s+(\d+\s?[a-z]?)\s*$/iu.exec(typed);
  const street = found ? typed.replace(found[0], " ") : typed;
  const words = fold(street).split(" ").filter(Boolean);
  if (!found || !words.length) return { words: fold(typed).split(" ").filter(Boolean), number: "", numberFirst: false };
  return { words, number: (found[1] ?? found[2]).trim(), numberFirst: found[1] !== undefined };
}

/** @param {Spot} a @param {Spot} b metres between them; exact enough within a town */
export function metresBetween(a, b) {
  const shrink = Math.cos(((a.lat + b.lat) / 2) * (Math.PI / 180));
  return METRES_A_DEGREE * Math.hypot(a.lat - b.lat, (a.lon - b.lon) * shrink);
}

/** Degrees to the step of a metre: more digits would say what nobody knows. @param {number} degrees */
export function rounded(degrees) {
  return Math.round(degrees * STEPS_A_DEGREE) / STEPS_A_DEGREE;
}

/** The streets of one town. */
export class Streets {
  /** @type {Entry[] | null} */
  #entries = null;

  /** @param {StreetsFile} file */
  constructor(file) {
    this.credit = file.credit;
    this.bounds = file.bounds;
    /** @type {Line[]} */
    this.lines = file.streets.map(([kind, name, steps]) => ({ kind, name: file.names[name] ?? "", points: pointsOf(steps) }));
    /** @type {Line[]} */
    this.areas = file.areas.map(([kind, steps]) => ({ kind, name: "", points: pointsOf(steps) }));
  }

  /** Makes what `find` looks in, so that the first letter typed does not wait for it. */
  prepare() {
    return (this.#entries ??= entriesOf(this.lines));
  }

  /**
   * The streets that fit what was typed, the best first. Case, accents and usual abbreviations do not matter; a house number is kept in
   * the name where it was typed.
   *
   * @param {string} typed
   * @param {number} [limit]
   * @returns {Place[]}
   */
  find(typed, limit = 8) {
    const { words, number, numberFirst } = parted(typed);
    if (!words.length) return [];
    const whole = words.join(" ");
    const asked = words.map((word) => ({ word, long: word.length > 1 ? SHORT.get(word) : undefined }));
    const entries = this.prepare();
    const initials = initialsOf(words);
    /** @type {Hit[]} */
    const best = [];
    for (const entry of entries) {
      // Most names have no word that begins with these letters: nothing more is looked at.
      const fit = (entry.initials & initials) === initials ? fitOf(entry, asked, whole) : fitInside(entry, whole);
      if (fit !== NO_FIT) keepBest(best, { entry, fit }, limit);
    }
    return best.map(({ entry }) => {
      const place = (entry.place ??= placeOf(entry, entries));
      if (!number) return place;
      return { ...place, name: numberFirst ? `${number} ${place.name}` : `${place.name} ${number}` };
    });
  }

  /**
   * The name of the street that is nearest, however far; null where no street has a name.
   *
   * @param {Spot} spot
   * @returns {string | null}
   */
  nearest(spot) {
    return nearestOf(spot, this.lines);
  }
}

/**
 * The streets of this file. Null where there is no file, or it does not come: everything else goes on without.
 *
 * @param {string | null | undefined} url
 * @returns {Promise<Streets | null>}
 */
export async function loadStreets(url) {
  if (!url) return null;
  try {
    const answer = await fetch(url);
    return answer.ok ? new Streets(await answer.json()) : null;
  } catch {
    return null;
  }
}

/** @param {number[]} steps @returns {[number, number][]} */
function pointsOf(steps) {
  /** @type {[number, number][]} */
  const points = [];
  let lat = 0;
  let lon = 0;
  for (let at = 0; at < steps.length; at += 2) {
    lat += steps[at];
    lon += steps[at + 1];
    points.push([lon / STEPS_A_DEGREE, lat / STEPS_A_DEGREE]);
  }
  return points;
}

/** @param {Spot} spot @param {Line[]} lines @returns {string | null} */
function nearestOf({ lat, lon }, lines) {
  const shrink = Math.cos(lat * (Math.PI / 180));
  let best = Infinity;
  let name = null;
  for (const line of lines) {
    if (!line.name) continue;
    let x0 = (line.points[0][0] - lon) * shrink;
    let y0 = line.points[0][1] - lat;
    for (const point of line.points) {
      const x1 = (point[0] - lon) * shrink;
      const y1 = point[1] - lat;
      const away = fromOrigin(x0, y0, x1, y1);
      if (away < best) [best, name] = [away, line.name];
      [x0, y0] = [x1, y1];
    }
  }
  return name;
}

/** Square of the least distance from (0, 0) to a piece of line. @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
function fromOrigin(x0, y0, x1, y1) {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const square = dx * dx + dy * dy;
  const share = square === 0 ? 0 : Math.min(1, Math.max(0, -(x0 * dx + y0 * dy) / square));
  const x = x0 + share * dx;
  const y = y0 + share * dy;
  return x * x + y * y;
}

const NO_FIT = 9;

/**
 * How well a name fits: 0 it begins with what was typed, 1 words of it begin with it in order, 2 in any order, 3 it has it somewhere inside.
 *
 * @param {Entry} entry
 * @param {{ word: string, long: string | undefined }[]} asked
 * @param {string} whole
 */
function fitOf({ text, words, longs }, asked, whole) {
  if (text.startsWith(whole)) return 0;
  let inOrder = true;
  let last = -1;
  for (const { word, long } of asked) {
    let at = 0;
    while (at < words.length && !words[at].startsWith(word) && words[at] !== long && !(word.length > 1 && longs[at]?.startsWith(word))) at += 1;
    if (at === words.length) return fitInside({ text }, whole);
    if (at <= last) inOrder = false;
    last = at;
  }
  return inOrder ? 1 : 2;
}

/** @param {{ text: string }} entry @param {string} whole */
function fitInside({ text }, whole) {
  return whole.length > 1 && text.includes(whole) ? 3 : NO_FIT;
}

/** @param {string[]} words */
function initialsOf(words) {
  return words.reduce((bits, word) => bits | (1 << (word.charCodeAt(0) & 31)), 0);
}

/** Puts a hit among the best so far, in their order. @param {Hit[]} best @param {Hit} hit @param {number} limit */
function keepBest(best, hit, limit) {
  if (best.length === limit && !isBefore(hit, best[limit - 1])) return;
  let at = best.length;
  while (at > 0 && isBefore(hit, best[at - 1])) at -= 1;
  best.splice(at, 0, hit);
  best.length = Math.min(best.length, limit);
}

/** @param {Hit} one @param {Hit} other */
function isBefore({ fit, entry }, { fit: otherFit, entry: other }) {
  if (fit !== otherFit) return fit < otherFit;
  if (entry.rank !== other.rank) return entry.rank < other.rank;
  if (entry.text.length !== other.text.length) return entry.text.length < other.text.length;
  return entry.text < other.text;
}

/** @param {Line[]} lines @returns {Entry[]} */
function entriesOf(lines) {
  /** @type {Map<string, Line[]>} */
  const byName = new Map();
  for (const line of lines) {
    if (!line.name) continue;
    const alike = byName.get(line.name);
    if (alike) alike.push(line);
    else byName.set(line.name, [line]);
  }
  /** @type {Entry[]} */
  const entries = [];
  for (const [name, alike] of byName) {
    const text = fold(name);
    const words = text.split(" ");
    const longs = words.map((word) => SHORT.get(word));
    const initials = initialsOf([...words, ...longs.filter((long) => long !== undefined)]);
    const parts = alike.length === 1 ? [alike] : partsOf(alike);
    for (const part of parts) {
      const rank = Math.min(...part.map((line) => RANKS.indexOf(line.kind)));
      entries.push({ name, text, words, longs, initials, rank, lines: part, isOneOfMany: parts.length > 1, place: null });
    }
  }
  return entries;
}

/** Where a street is, and what tells it from others of its name. @param {Entry} entry @param {Entry[]} entries @returns {Place} */
function placeOf({ name, lines, isOneOfMany }, entries) {
  const at = middleOf(lines);
  if (!isOneOfMany) return { name, ...at };
  const others = entries.filter((entry) => entry.name !== name);
  const wide = others.filter((entry) => entry.rank <= RANKS.indexOf("middle"));
  return { name, ...at, detail: nearestOf(at, (wide.length ? wide : others).flatMap((entry) => entry.lines)) ?? undefined };
}

/** Lines of one name, parted where they lie far apart. @param {Line[]} lines @returns {Line[][]} */
function partsOf(lines) {
  /** @type {{ lines: Line[], at: Spot[] }[]} */
  const parts = [];
  for (const line of lines) {
    const ends = [line.points[0], line.points[line.points.length >> 1], line.points[line.points.length - 1]].map(([lon, lat]) => ({ lat, lon }));
    const near = parts.filter((part) => part.at.some((one) => ends.some((end) => metresBetween(one, end) < APART_M)));
    const into = near.shift() ?? { lines: [], at: [] };
    if (!into.lines.length) parts.push(into);
    for (const other of near) {
      into.lines.push(...other.lines);
      into.at.push(...other.at);
      parts.splice(parts.indexOf(other), 1);
    }
    into.lines.push(line);
    into.at.push(...ends);
  }
  return parts.map((part) => part.lines);
}

/** A point on the longest of these lines, half way along it. @param {Line[]} lines @returns {Spot} */
function middleOf(lines) {
  let longest = lines[0];
  let most = -1;
  for (const line of lines) {
    const length = lengthOf(line.points);
    if (length > most) [most, longest] = [length, line];
  }
  let left = most / 2;
  const { points } = longest;
  for (let at = 1; at < points.length; at += 1) {
    const [from, to] = [points[at - 1], points[at]];
    const piece = lengthOf([from, to]);
    if (piece >= left && piece > 0) {
      const share = left / piece;
      return { lat: from[1] + share * (to[1] - from[1]), lon: from[0] + share * (to[0] - from[0]) };
    }
    left -= piece;
  }
  const [lon, lat] = points[points.length - 1];
  return { lat, lon };
}

/** @param {[number, number][]} points metres */
function lengthOf(points) {
  let length = 0;
  for (let at = 1; at < points.length; at += 1) {
    length += metresBetween({ lat: points[at - 1][1], lon: points[at - 1][0] }, { lat: points[at][1], lon: points[at][0] });
  }
  return length;
}
