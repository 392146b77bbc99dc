/**
 * How long there is left of something that the server gave a `ttl_ms`. Never by the phone's clock, which may be wrong.
 */
export class Countdown {
  #endsAt;
  #now;

  /**
   * @param {number} ttlMs as the message says
   * @param {number | null} [roundTripMs] of the connection: the message was on its way for about half of it
   * @param {() => number} [now] milliseconds that only grow; a phone that sleeps may stop it, so a page that wakes asks the server anew
   */
  constructor(ttlMs, roundTripMs = null, now = () => performance.now()) {
    this.#now = now;
    this.#endsAt = now() + ttlMs - Math.min((roundTripMs ?? 0) / 2, 1_000);
  }

  /** Milliseconds left, never less than 0. */
  get leftMs() {
    return Math.max(0, this.#endsAt - this.#now());
  }

  /** Whole seconds left: the last one is 1 until it is over. */
  get leftS() {
    return Math.ceil(this.leftMs / 1_000);
  }
}
