/** Keeps the screen on while a driver is looked for: a phone that sleeps loses the search after a minute. */

/** @type {{ release(): Promise<void>, released: boolean } | null} */
let lock = null;
let wanted = false;

/** @param {boolean} on */
export function keepAwake(on) {
  if (on === wanted) return;
  wanted = on;
  if (on) void take();
  else {
    lock?.release().catch(() => {});
    lock = null;
  }
}

async function take() {
  const wakeLock = /** @type {any} */ (navigator).wakeLock;
  if (!wakeLock || document.visibilityState !== "visible") return;
  try {
    const taken = await wakeLock.request("screen");
    if (wanted) lock = taken;
    else await taken.release();
  } catch {
    // A browser may refuse, to save the battery: the page says that it must stay open.
  }
}

document.addEventListener("visibilitychange", () => {
  if (wanted && (lock === null || lock.released)) void take();
});
