/**
 * Clocks that run down: once a second, as `m:ss` or inside a sentence. A phone that slept may have stopped the counter, so the number is
 * hidden from then on until the server has said anew how long there is.
 */

import { Texts } from "./texts.js";
import { el } from "./dom.js";

/** Milliseconds by which the wall clock may run ahead of the counter before the counter is not believed any more. */
const SLEPT_MS = 1_500;
const HIDDEN = "…";

/**
 * `1:52`, the same in every language.
 *
 * @param {number} seconds
 */
export function minutesAndSeconds(seconds) {
  return Texts.prototype.clock(seconds);
}

/**
 * @param {object} options
 * @param {import("../client/countdown.js").Countdown | null} options.countdown
 * @param {(clock: string, leftS: number | null) => string} [options.sentence] what stands there: the clock alone, if this is left out;
 *   `leftS` is null while the time left is not known
 * @param {() => void} [options.onEnd] is called once when a countdown has run out
 * @param {string} [options.className]
 * @param {string} [options.test]
 * @returns {{ element: HTMLElement, set(countdown: import("../client/countdown.js").Countdown | null): void, stop(): void }}
 */
export function drawClock({ countdown, sentence = (clock) => clock, onEnd = () => {}, className = "clock", test }) {
  const element = el("span", { role: "timer", "aria-live": "off", class: className, test });
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let current = countdown;
  let ended = false;
  let ahead = Date.now() - performance.now();

  const draw = () => {
    clearTimeout(timer);
    if (current === null) {
      element.textContent = "";
      return;
    }
    if (Date.now() - performance.now() - ahead > SLEPT_MS) {
      element.textContent = sentence(HIDDEN, null);
      return;
    }
    const leftMs = current.leftMs;
    const text = sentence(minutesAndSeconds(current.leftS), current.leftS);
    if (element.textContent !== text) element.textContent = text;
    if (leftMs > 0) timer = setTimeout(draw, leftMs % 1_000 || 1_000);
    else if (!ended) {
      ended = true;
      onEnd();
    }
  };
  const seen = () => document.visibilityState === "visible" && draw();
  document.addEventListener("visibilitychange", seen);
  addEventListener("pageshow", seen);
  draw();
  return {
    element,
    set(next) {
      if (next === current) return;
      current = next;
      ended = false;
      ahead = Date.now() - performance.now();
      draw();
    },
    stop() {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("pageshow", seen);
    },
  };
}
