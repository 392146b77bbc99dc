/** Minutes until somebody arrives, as people want to read them: they do not jump, and they say when they are old. */

/** The kept arrival time moves only by more than this. */
const MOVES_BY_MS = 30_000;
/** A new number of minutes must hold this long, and one follows another not sooner. */
const HOLDS_MS = 10_000;
const OLD_MS = 20_000;
/** So many minutes more need a reason. */
const LONGER_MIN = 3;

/**
 * @typedef {{ minutes: number, arrivesAt: number, longer: boolean, old: boolean, heardAt: number }} Shown
 *   `minutes`: 0 is "arriving now"; `arrivesAt` and `heardAt` on the clock that was given, in milliseconds; `longer`: the way became longer
 *   by 3 minutes or more; `old`: nothing was heard for 20 s
 */

export class Eta {
  /** @type {number | null} */
  #arrivesAt = null;
  #heardAt = 0;
  /** @type {number | null} */
  #minutes = null;
  #changedAt = -Infinity;
  /** @type {number | null} */
  #next = null;
  #nextSince = 0;
  #longer = false;

  /**
   * Takes what the server says.
   *
   * @param {number} etaS seconds that are left
   * @param {number} now milliseconds that only grow
   */
  heard(etaS, now) {
    const arrivesAt = now + etaS * 1_000;
    if (this.#arrivesAt === null || Math.abs(arrivesAt - this.#arrivesAt) > MOVES_BY_MS) this.#arrivesAt = arrivesAt;
    this.#heardAt = now;
  }

  /**
   * What to show now; null before anything was heard.
   *
   * @param {number} now
   * @returns {Shown | null}
   */
  shown(now) {
    if (this.#arrivesAt === null) return null;
    this.#settle(minutesUntil(this.#arrivesAt - now), now);
    return {
      minutes: this.#minutes ?? 0,
      arrivesAt: this.#arrivesAt,
      longer: this.#longer,
      old: now - this.#heardAt > OLD_MS,
      heardAt: this.#heardAt,
    };
  }

  /**
   * @param {number} minutes
   * @param {number} now
   */
  #settle(minutes, now) {
    const shown = this.#minutes;
    if (shown === null) {
      this.#minutes = minutes;
      return;
    }
    // From "arriving now" a minute more is no news.
    const wanted = shown === 0 && minutes === 1 ? 0 : minutes;
    if (wanted === shown) {
      this.#next = null;
      return;
    }
    if (this.#next !== wanted) {
      // Time that passes by itself makes the number smaller by one: that need not prove itself.
      const passing = wanted === shown - 1 && this.#next === null;
      this.#next = wanted;
      this.#nextSince = passing ? now - HOLDS_MS : now;
    }
    if (now - this.#nextSince < HOLDS_MS || now - this.#changedAt < HOLDS_MS) return;
    this.#longer = wanted - shown >= LONGER_MIN;
    this.#minutes = wanted;
    this.#changedAt = now;
    this.#next = null;
  }
}

/** @param {number} leftMs */
function minutesUntil(leftMs) {
  return leftMs < 60_000 ? 0 : Math.round(leftMs / 60_000);
}
