/** The button of a step: pressed, it says what became of it until the server has answered. */

import { errorText } from "../shell/errors.js";
import { GUARD_MS, guard } from "./guard.js";
import { el, put, show } from "./layout.js";

/** Milliseconds without an answer until that is said, and until it may be asked once more. */
const SLOW_MS = 4_000;
const AGAIN_MS = 10_000;

/** @typedef {import("./state.js").State} State */
/** @typedef {import("./state.js").Step} Step */

/**
 * @param {object} options
 * @param {import("../shell/texts.js").Texts} options.texts
 * @param {Step} options.step
 * @param {string} options.label
 * @param {string} options.test
 * @param {"accept" | "primary" | "danger" | ""} [options.kind]
 * @param {boolean} [options.big]
 * @param {() => unknown} options.run
 * @param {(id: string) => void} options.withdraw takes it back while it has not been sent
 * @param {(id: string) => void} options.again sends it once more
 */
export function stepButton({ texts, step, label, test, kind = "", big = false, run, withdraw, again }) {
  const button = el("button", { type: "button", class: `button wide ${kind} ${big ? "big" : ""}`, test }, label);
  const wrong = el("p", { class: "error", hidden: true });
  const slow = el("p", { class: "muted", hidden: true });
  const second = el("button", { type: "button", class: "button wide", hidden: true });
  let id = "";
  let waits = false;
  second.addEventListener("click", () => (waits ? withdraw(id) : again(id)));
  guard(button, performance.now() + GUARD_MS, () => run());
  return {
    element: el("div", { class: "step stack" }, wrong, slow, second, button),
    /** @param {State} state @param {{ label?: string, off?: boolean }} [now] another label, or that it cannot be pressed now */
    update({ sent, problems, link }, now = {}) {
      const mine = sent?.step === step ? sent : null;
      const sinceMs = mine === null ? 0 : performance.now() - mine.since;
      waits = mine !== null && link.state !== "open";
      id = mine?.id ?? "";
      put(button, mine === null ? (now.label ?? label) : texts.say(waits ? "shell.waiting_for_link" : "shell.sending"));
      button.classList.toggle("busy", mine !== null);
      button.setAttribute("aria-disabled", String(sent !== null || now.off === true));
      show(second, mine !== null && (waits || sinceMs >= AGAIN_MS));
      put(second, texts.say(waits ? "shell.withdraw" : "shell.try_again"));
      show(slow, mine !== null && !waits && sinceMs >= SLOW_MS);
      put(slow, texts.say("shell.slow"));
      const problem = problems[step];
      show(wrong, problem !== undefined);
      put(wrong, problem === undefined ? "" : errorText(problem.error, texts));
    },
  };
}
