/** Keeps the screen on while it is wanted, as far as the phone lets us. A screen that sleeps sends no positions, and so gets no requests. */

export class WakeLock {
  /** @type {any} */
  #lock = null;
  #wanted = false;
  #changed;

  /** @param {() => void} changed is called when `lost` has changed */
  constructor(changed) {
    this.#changed = changed;
    /** Whether the screen may sleep although it should not. */
    this.lost = false;
    document.addEventListener("visibilitychange", () => void this.#take());
  }

  /**
   * Keeps the screen on from now on, or lets it sleep.
   *
   * @param {boolean} wanted
   */
  want(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) void this.#take();
    else this.#release();
  }

  /** The driver knows that the screen may sleep. */
  forgive() {
    this.#tell(false);
  }

  async #take() {
    if (!this.#wanted || this.#lock !== null || document.visibilityState !== "visible") return;
    try {
      const lock = await /** @type {any} */ (navigator).wakeLock.request("screen");
      if (!this.#wanted) return void lock.release();
      this.#lock = lock;
      lock.addEventListener("release", () => {
        this.#lock = null;
        // Hidden pages lose it by rule, and take it again when they are seen.
        if (this.#wanted && document.visibilityState === "visible") this.#tell(true);
      });
      this.#tell(false);
    } catch {
      this.#tell(true);
    }
  }

  #release() {
    this.#lock?.release();
    this.#lock = null;
    this.#tell(false);
  }

  /** @param {boolean} lost */
  #tell(lost) {
    if (lost === this.lost) return;
    this.lost = lost;
    this.#changed();
  }
}
