/**
 * The words of the pages: one file per language, whole sentences with places for names and numbers.
 *
 * `{name}` is replaced. `{n|one:# driver|other:# drivers}` is chosen by the plural rules of the language; `#` is the number.
 */

export const LANGUAGES = /** @type {const} */ ({ en: "English", fr: "Français", ar: "العربية" });
const FROM_RIGHT = new Set(["ar"]);
const FROM_RIGHT_LETTERS = /[\p{Script=Arabic}\p{Script=Hebrew}]/u;
/** Characters that set a piece of text apart from the direction of what is around it, and the marks of direction that Intl adds. */
const [APART, LEFT_TO_RIGHT, END] = ["\u2068", "\u2066", "\u2069"];
const MARKS = /[\u061c\u200e\u200f]/g;
const PLACE = /\{(\w+)(?:\|([^{}]*))?\}/g;

/** @typedef {keyof typeof LANGUAGES} Language */

/**
 * The language for somebody who prefers these, the first that there is; English otherwise.
 *
 * @param {readonly string[]} preferred as of `navigator.languages`
 * @returns {Language}
 */
export function languageFor(preferred) {
  for (const one of preferred) {
    const short = one.toLowerCase().split("-")[0];
    if (short in LANGUAGES) return /** @type {Language} */ (short);
  }
  return "en";
}

/** @param {Language} language */
export function directionOf(language) {
  return FROM_RIGHT.has(language) ? "rtl" : "ltr";
}

/** Says things in one language: sentences, money, times and distances. */
export class Texts {
  #sentences;
  /** The same without their keys: what is said of somebody whose name is not known is one of them. */
  #own;
  #plurals;
  #number;
  #timeZone;
  /** Formats as they were asked for: making one costs as much as a whole row of a table. @type {Map<string, Intl.NumberFormat | Intl.DateTimeFormat>} */
  #formats = new Map();

  /**
   * @param {Language} language
   * @param {Record<string, string>} sentences of that language, by key
   * @param {string} [timeZone] of the town; without it that of the browser
   */
  constructor(language, sentences, timeZone) {
    this.language = language;
    this.direction = directionOf(language);
    this.#sentences = sentences;
    this.#own = new Set(Object.values(sentences));
    this.#plurals = new Intl.PluralRules(language);
    // Latin digits in every language: plates, pins and phones are read with them.
    this.locale = `${language}-u-nu-latn`;
    this.#number = new Intl.NumberFormat(this.locale);
    this.#timeZone = timeZone;
  }

  /**
   * The sentence with this key.
   *
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   * @returns {string}
   * @throws {Error} there is no such sentence, or a value of it is missing: both are faults of the page
   */
  say(key, values = {}) {
    const sentence = this.#sentences[key];
    if (sentence === undefined) throw new Error(`no text ${key} in ${this.language}`);
    return sentence.replace(PLACE, (_, name, forms, at) => {
      const value = values[name];
      if (value === undefined) throw new Error(`text ${key} wants ${name}`);
      if (forms !== undefined) return this.#form(forms, Number(value));
      if (typeof value === "number") return this.#number.format(value);
      // "the driver" in the place of a name, where a sentence begins with it. A name begins as its owner writes it.
      const begins = this.#own.has(value) && (at === 0 || sentence.slice(at - 2, at) === ". ");
      return this.#apart(begins ? value.charAt(0).toLocaleUpperCase(this.language) + value.slice(1) : value);
    });
  }

  /**
   * Says times in this zone from now on: the town's.
   *
   * @param {string} timeZone
   */
  useTimeZone(timeZone) {
    this.#timeZone = timeZone;
  }

  /**
   * A name or address inside a sentence, kept apart from the direction of the words around it where the two may differ.
   *
   * @param {string} value
   */
  #apart(value) {
    return this.direction === "rtl" || FROM_RIGHT_LETTERS.test(value) ? `${APART}${value}${END}` : value;
  }

  /** Whether there is a sentence with this key. @param {string} key */
  has(key) {
    return key in this.#sentences;
  }

  /**
   * A sum, with as many digits as its currency has; a plain number where no currency is known.
   *
   * @param {number} amount in major units
   * @param {string | null | undefined} currency
   */
  money(amount, currency) {
    if (!currency) return this.#number.format(amount);
    const sum = new Intl.NumberFormat(this.locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(amount);
    return this.direction === "rtl" ? `${LEFT_TO_RIGHT}${sum.replace(MARKS, "")}${END}` : sum;
  }

  /**
   * Hours and minutes in the town's time zone, `14:32`.
   *
   * @param {Date} date
   */
  time(date) {
    return this.#dated(date, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }

  /**
   * Hours, minutes and seconds in the town's time zone, `14:32:07`.
   *
   * @param {Date} date
   */
  timeWithSeconds(date) {
    return this.#dated(date, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  }

  /** A day of the town. @param {Date} date */
  day(date) {
    return this.#dated(date, { day: "numeric", month: "short", year: "numeric" });
  }

  /** A day of the town in this or the next year, `14 Dec`. @param {Date} date */
  dayOfMonth(date) {
    return this.#dated(date, { day: "numeric", month: "short" });
  }

  /** The time, and the day before it if that is not today. @param {Date} date @param {Date} [now] */
  dayAndTime(date, now = new Date()) {
    if (this.day(date) === this.day(now)) return this.time(date);
    return this.#dated(date, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  }

  /** A number as the language writes it. @param {number} value */
  number(value) {
    return this.#number.format(value);
  }

  /** A mean of stars, with one digit after the point. @param {number} stars */
  rating(stars) {
    return this.#numbers({ minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(stars);
  }

  /**
   * @param {Date} date
   * @param {Intl.DateTimeFormatOptions} options
   */
  #dated(date, options) {
    const key = JSON.stringify([options, this.#timeZone]);
    const kept = this.#formats.get(key) ?? new Intl.DateTimeFormat(this.locale, { ...options, timeZone: this.#timeZone });
    this.#formats.set(key, kept);
    return /** @type {Intl.DateTimeFormat} */ (kept).format(date);
  }

  /** @param {Intl.NumberFormatOptions} options */
  #numbers(options) {
    const key = JSON.stringify(options);
    const kept = this.#formats.get(key) ?? new Intl.NumberFormat(this.locale, options);
    this.#formats.set(key, kept);
    return /** @type {Intl.NumberFormat} */ (kept);
  }

  /**
   * A length: kilometres with one digit, below one metres in steps of 50.
   *
   * @param {number} metres
   */
  distance(metres) {
    if (metres >= 1_000) return this.#unit(Math.round(metres / 100) / 10, "kilometer", 1);
    return this.#unit(Math.round(metres / 50) * 50, "meter", 0);
  }

  /**
   * A time to wait or drive, in whole minutes, at least one; `1 h 5 min` from an hour on.
   *
   * @param {number} seconds
   */
  duration(seconds) {
    const minutes = Math.max(1, Math.round(seconds / 60));
    if (minutes < 60) return this.#unit(minutes, "minute", 0);
    const rest = minutes % 60;
    const hours = this.#unit(Math.floor(minutes / 60), "hour", 0);
    return rest === 0 ? hours : `${hours} ${this.#unit(rest, "minute", 0)}`;
  }

  /**
   * A clock that runs down, `1:52`. The same in every language.
   *
   * @param {number} seconds
   */
  clock(seconds) {
    const whole = Math.max(0, Math.ceil(seconds));
    return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  }

  /**
   * @param {number} value
   * @param {"kilometer" | "meter" | "minute" | "hour"} unit
   * @param {number} digits
   */
  #unit(value, unit, digits) {
    const options = { style: /** @type {const} */ ("unit"), unit, unitDisplay: /** @type {const} */ ("short"), minimumFractionDigits: digits, maximumFractionDigits: digits };
    return this.#numbers(options).format(value);
  }

  /**
   * @param {string} forms `one:# driver|other:# drivers`
   * @param {number} count
   */
  #form(forms, count) {
    const byName = new Map(forms.split("|").map((form) => {
      const at = form.indexOf(":");
      return [form.slice(0, at), form.slice(at + 1)];
    }));
    const form = byName.get(this.#plurals.select(count)) ?? byName.get("other") ?? "";
    return form.replaceAll("#", this.#number.format(count));
  }
}

/**
 * Fetches the texts of a language that a page says: the server picks them out of the file of that language.
 *
 * @param {Language} language
 * @param {string} page
 * @returns {Promise<Texts>}
 */
export async function loadTexts(language, page) {
  const answer = await fetch(new URL(`../texts/${language}/${page}.json`, import.meta.url));
  return new Texts(language, await answer.json());
}
