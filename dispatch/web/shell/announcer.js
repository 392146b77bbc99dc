/**
 * Says one sentence at a time to people who do not see the page. Two regions stand in the page from its start: a polite one, which waits
 * until the reader has finished, and an assertive one, which does not.
 */
const SAME_AGAIN_MS = 10_000;

export class Announcer {
  #polite;
  #assertive;
  #now;
  #last = { text: "", at: -Infinity };

  /**
   * @param {{ textContent: string | null }} polite
   * @param {{ textContent: string | null }} assertive
   * @param {() => number} [now] milliseconds that only grow
   */
  constructor(polite, assertive, now = () => performance.now()) {
    this.#polite = polite;
    this.#assertive = assertive;
    this.#now = now;
  }

  /**
   * Says a sentence when there is time for it. The same one is not said twice in 10 seconds.
   *
   * @param {string} text
   */
  say(text) {
    this.#put(this.#polite, text);
  }

  /**
   * Says a sentence at once.
   *
   * @param {string} text
   */
  call(text) {
    this.#put(this.#assertive, text);
  }

  /**
   * @param {{ textContent: string | null }} region
   * @param {string} text
   */
  #put(region, text) {
    const now = this.#now();
    if (text === this.#last.text && now - this.#last.at < SAME_AGAIN_MS) return;
    this.#last = { text, at: now };
    this.#polite.textContent = "";
    this.#assertive.textContent = "";
    region.textContent = text;
  }
}
