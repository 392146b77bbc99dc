/** The bands that tell how the link is, and what brings it back at once. */

const SAID_AFTER_MS = 2_000;
const TOLD_AFTER_MS = 10_000;
const BACK_FOR_MS = 2_000;
const BAND = "link";

/**
 * What to say of a link that has been lost for so long: nothing, that it is being made, or since when it is gone.
 *
 * @param {number} lostMs
 * @returns {"" | "connecting" | "lost"}
 */
export function linkWords(lostMs) {
  if (lostMs < SAID_AFTER_MS) return "";
  return lostMs < TOLD_AFTER_MS ? "connecting" : "lost";
}

/**
 * Shows the state of a connection in a band for as long as it matters, and tries at once when the network is back or the page is seen again.
 *
 * @param {object} options
 * @param {import("../client/connection.js").Connection} options.connection
 * @param {import("./bands.js").Bands} options.bands
 * @param {import("./texts.js").Texts} options.texts
 * @param {import("./announcer.js").Announcer} options.announcer
 * @param {() => void} options.useHere somebody wants this tab to speak, after another one has taken over
 * @returns {() => void} ends it, and hides the band
 */
export function showLink({ connection, bands, texts, announcer, useHere }) {
  /** @type {number | null} */
  let lostAt = performance.now();
  let since = new Date();
  let told = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  const say = (/** @type {string} */ text) => {
    if (text !== told) announcer.call(text);
    told = text;
  };
  const ended = (/** @type {string | null} */ why) => {
    clearTimeout(timer);
    if (why === "left") return bands.hide(BAND);
    if (why === "logged-out") return location.reload();
    const time = texts.time(new Date());
    const action = { label: texts.say("shell.use_here"), run: useHere };
    if (why === "replaced") bands.show(BAND, { kind: "warn", text: texts.say("shell.replaced", { time }), action });
    else bands.show(BAND, { kind: "danger", text: texts.say(why === "stopped" ? "shell.stopped" : "shell.forbidden") });
    say(texts.say(why === "replaced" ? "shell.replaced" : why === "stopped" ? "shell.stopped" : "shell.forbidden", { time }));
  };
  const draw = () => {
    clearTimeout(timer);
    const { state, why, retryAt } = connection.status;
    if (state === "closed") return ended(why);
    if (state === "open" && navigator.onLine !== false) return back();
    lostAt ??= performance.now();
    const words = linkWords(performance.now() - lostAt);
    if (words === "connecting") bands.show(BAND, { kind: "info", text: texts.say("shell.connecting") });
    if (words === "lost") {
      const time = texts.time(since);
      const n = Math.max(0, Math.ceil(((retryAt ?? performance.now()) - performance.now()) / 1_000));
      const text = state === "waiting" ? texts.say("shell.lost", { time, n }) : texts.say("shell.lost_trying", { time });
      bands.show(BAND, { kind: "warn", text, action: { label: texts.say("shell.try_now"), run: () => connection.open() } });
      say(texts.say("shell.lost_trying", { time }));
    }
    timer = setTimeout(draw, 1_000);
  };
  const back = () => {
    if (lostAt === null) return;
    const words = linkWords(performance.now() - lostAt);
    lostAt = null;
    if (words === "") return bands.hide(BAND);
    bands.show(BAND, { kind: "info", text: texts.say("shell.connected") });
    if (told !== "") announcer.say(texts.say("shell.connected"));
    told = "";
    timer = setTimeout(() => bands.hide(BAND), BACK_FOR_MS);
  };
  const changed = () => {
    if (lostAt === null && (connection.status.state !== "open" || navigator.onLine === false)) {
      lostAt = performance.now();
      since = new Date();
    }
    draw();
  };
  const again = () => document.visibilityState === "visible" && connection.open();
  const endStatus = connection.on("status", changed);
  const online = () => {
    changed();
    again();
  };
  addEventListener("online", online);
  addEventListener("offline", changed);
  document.addEventListener("visibilitychange", again);
  draw();
  return () => {
    endStatus();
    clearTimeout(timer);
    removeEventListener("online", online);
    removeEventListener("offline", changed);
    document.removeEventListener("visibilitychange", again);
    bands.hide(BAND);
  };
}
