/** The screens of a page that does not speak with the server: not yet, not any more, or not for this driver. */

import { el, heading, put } from "./layout.js";

/** @param {import("./view.js").Scene} scene @returns {import("./layout.js").Screen} */
export function loadingScreen({ texts: t }) {
  const title = heading(t.say("driver.title"));
  const words = el("p", { class: "muted" });
  return { key: "loading", heading: title, head: [title], details: [words], thumb: [], update: () => put(words, t.say("shell.loading")) };
}

/** @param {import("./view.js").Scene} scene @returns {import("./layout.js").Screen} */
export function replacedScreen({ texts: t, actions }) {
  const title = heading(t.say("driver.replaced"));
  const since = t.time(new Date());
  return {
    key: "replaced",
    heading: title,
    head: [title],
    details: [el("p", {}, t.say("driver.replaced_at", { time: since })), el("p", {}, t.say("driver.page_no_requests"))],
    thumb: [el("button", { type: "button", class: "button primary big wide", test: "use-here", on: { click: () => actions.useHere() } }, t.say("shell.use_here"))],
    update() {},
  };
}

/** @param {import("./view.js").Scene} scene @param {string} why @returns {import("./layout.js").Screen} */
export function endedScreen({ texts: t, actions }, why) {
  const stopped = why === "stopped";
  const title = heading(t.say(stopped ? "driver.stopped" : "driver.not_a_driver"));
  const act = stopped ? { label: t.say("driver.reload"), run: () => location.reload() } : { label: t.say("shell.log_out"), run: () => actions.logOut() };
  return {
    key: `ended ${why}`,
    heading: title,
    head: [title],
    details: [el("p", {}, t.say(stopped ? "shell.stopped" : "driver.ask_desk")), el("p", {}, t.say("driver.page_no_requests"))],
    thumb: [el("button", { type: "button", class: "button primary big wide", on: { click: act.run } }, act.label)],
    update() {},
  };
}
