/**
 * Sounds of our own files. Browsers play them only after a tap on the page, each element of its own: so the tap that goes online wakes all
 * of them. What was refused shows in `blocked`, and the next tap may wake them again.
 */

const FILES = { request: "request.wav", good: "good.wav", bad: "bad.wav" };
const VIBRATION_MS = [400, 200, 400];
/** Milliseconds from one tone of a request to the next, and when little time is left. */
const EVERY_MS = 2_000;
const HURRY_MS = 1_000;
const HURRY_BELOW_S = 5;

/** @typedef {keyof typeof FILES} Name */

/**
 * Milliseconds until the tone of a request comes again.
 *
 * @param {number} leftS seconds that are left of it
 */
export function toneEvery(leftS) {
  return leftS < HURRY_BELOW_S ? HURRY_MS : EVERY_MS;
}

export class Sounds {
  /** @type {Record<Name, HTMLAudioElement>} */
  #players;
  #isOn;
  #changed;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #awake = false;

  /**
   * @param {() => boolean} isOn whether the driver wants sounds
   * @param {() => void} changed is called when `blocked` has changed
   */
  constructor(isOn, changed) {
    const player = (/** @type {string} */ file) => {
      const audio = new Audio(new URL(`sounds/${file}`, import.meta.url).href);
      audio.preload = "auto";
      return audio;
    };
    this.#players = { request: player(FILES.request), good: player(FILES.good), bad: player(FILES.bad) };
    this.#isOn = isOn;
    this.#changed = changed;
    /** Whether the browser would not play the last sound. */
    this.blocked = false;
  }

  /**
   * Lets all sounds play from now on. To be called within a tap.
   *
   * @param {boolean} [aloud] plays one, so that silence is noticed
   */
  wake(aloud = true) {
    for (const [name, player] of Object.entries(this.#players)) if (!aloud || name !== "good") this.#unlock(player);
    if (aloud) void this.play("good");
  }

  /** Whether sounds were woken by a tap on this page. */
  get awake() {
    return this.#awake;
  }

  /**
   * Plays a sound once, unless the driver wants none.
   *
   * @param {Name} name
   */
  async play(name) {
    if (!this.#isOn()) return;
    const player = this.#players[name];
    player.currentTime = 0;
    try {
      await player.play();
      this.#wakened();
    } catch (error) {
      // Interrupted by the next sound is no refusal.
      if (error instanceof DOMException && error.name === "NotAllowedError") {
        this.blocked = true;
        this.#changed();
      }
    }
  }

  /**
   * Calls until `stop`: tone and vibration, faster when little time is left.
   *
   * @param {() => number} leftS seconds that are left
   */
  ring(leftS) {
    this.stop();
    const again = () => {
      void this.play("request");
      // Vibration goes with the tone, never alone: not every phone has one.
      if (this.#isOn()) vibrate(VIBRATION_MS);
      this.#timer = setTimeout(again, toneEvery(leftS()));
    };
    again();
  }

  /** Ends the call of a request. */
  stop() {
    clearTimeout(this.#timer);
    vibrate(0);
    this.#players.request.pause();
  }

  /** @param {HTMLAudioElement} player */
  #unlock(player) {
    player.muted = true;
    player.play().then(
      () => {
        player.pause();
        player.currentTime = 0;
        player.muted = false;
        this.#wakened();
      },
      () => {
        player.muted = false;
      },
    );
  }

  #wakened() {
    if (this.#awake && !this.blocked) return;
    this.#awake = true;
    this.blocked = false;
    this.#changed();
  }
}

/** Vibrates where the phone can, and where somebody has touched the page: before that browsers refuse it aloud. @param {number | number[]} pattern */
function vibrate(pattern) {
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(pattern);
}
