/**
 * No accidental tap. A touch counts only if it began after the button had stood there for a while, and began and ended on it; so a tap that
 * was meant for what stood there before does nothing. The keyboard is free of this: focus has to be brought to a button first.
 */

/** Milliseconds in which a button that has just come up takes no touch. */
export const GUARD_MS = 700;
/** The same for a request that comes up right after going online, where the button to go online stood. */
export const GUARD_ONLINE_MS = 1_500;

/**
 * Whether a touch counts.
 *
 * @param {{ began: number | null, ended: number, guardedUntil: number, inside: boolean }} touch milliseconds of one clock; `began` is null
 *   where the touch began on something else; `inside`: whether it ended on the button
 */
export function counts({ began, ended, guardedUntil, inside }) {
  return inside && began !== null && began >= guardedUntil && ended >= began;
}

/**
 * Has `run` called when the button is really meant. Until then it is off, and drawn in outline.
 *
 * @param {HTMLButtonElement} button
 * @param {number} guardedUntil milliseconds on the clock of `performance.now()`
 * @param {() => void} run
 */
export function guard(button, guardedUntil, run) {
  /** @type {number | null} */
  let began = null;
  arm(button, guardedUntil);
  button.addEventListener("pointerdown", () => (began = performance.now()));
  button.addEventListener("pointercancel", () => (began = null));
  button.addEventListener("click", (event) => {
    // `detail` is 0 where a key or a screen reader pressed the button: there is no touch that could have landed by mistake.
    const meant = event.detail === 0 || counts({ began, ended: performance.now(), guardedUntil, inside: true });
    began = null;
    if (meant && button.getAttribute("aria-disabled") !== "true") run();
  });
}

/** Milliseconds for which a button is held down, where the driver has chosen that. */
const HOLD_MS = 600;

/**
 * The same for a button that is held down for a while. Keys press it at once.
 *
 * @param {HTMLButtonElement} button
 * @param {number} guardedUntil
 * @param {() => void} run
 */
export function hold(button, guardedUntil, run) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  arm(button, guardedUntil);
  button.classList.add("hold");
  const end = () => {
    clearTimeout(timer);
    button.classList.remove("held");
  };
  button.addEventListener("pointerdown", () => {
    button.classList.add("held");
    timer = setTimeout(run, HOLD_MS);
  });
  for (const name of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(name, end);
  button.addEventListener("click", (event) => event.detail === 0 && run());
}

/** Switches a button on when its time has come. @param {HTMLButtonElement} button @param {number} guardedUntil */
function arm(button, guardedUntil) {
  const leftMs = guardedUntil - performance.now();
  if (leftMs <= 0) return;
  button.disabled = true;
  button.classList.add("guarded");
  setTimeout(() => {
    button.disabled = false;
    button.classList.remove("guarded");
  }, leftMs);
}
