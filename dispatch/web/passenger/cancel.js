/** The button that cancels a ride: what that costs stands on it, and what becomes of the tap where there is no link. */

import { confirm, takeQuestionBack } from "../shell/dialog.js";
import { el, fill } from "../shell/dom.js";
import { button } from "../shell/form.js";
import { clockUntil } from "./parts.js";
import { nameOf } from "./speech.js";
import { hasDriver } from "./state.js";

/** @typedef {import("./app.js").App} App */

/**
 * @param {App} app
 * @returns {{ element: HTMLElement, update(state: import("./app.js").State): void, stop(): void }}
 */
export function cancelControls(app) {
  const { texts: t } = app;
  const clock = clockUntil((left) => t.say("passenger.cancel_free_for", { clock: left }), { className: "tabular", onEnd: () => draw(app.state) });
  const cancel = button({ label: "", kind: "danger", test: "cancel", run: () => ask() });
  const takeBack = button({ label: t.say("shell.withdraw"), run: () => app.actions.withdrawCancel() });
  const wrong = el("p", { class: "error", hidden: true });
  const element = el("div", { class: "stack" }, cancel, takeBack, wrong);
  let label = "";
  /** What the question that stands there says it costs; null: none stands there. @type {number | null} */
  let askedAt = null;

  const fee = () => {
    const cost = app.state.ride?.cancel;
    if (!cost || cost.fee === 0) return 0;
    return cost.freeUntil !== null && cost.freeUntil > performance.now() ? 0 : cost.fee;
  };
  const ask = async () => {
    const { ride } = app.state;
    if (ride === null || ride.cancelling) return;
    if (hasDriver(ride)) {
      const name = nameOf(ride, t);
      const money = t.money(fee(), ride.terms.currency);
      const costs = fee() > 0;
      const withFee = ride.phase === "here" ? "passenger.cancel_ask_fee_here" : "passenger.cancel_ask_fee";
      askedAt = fee();
      const sure = await confirm({
        title: t.say("passenger.cancel_ask"),
        text: t.say(costs ? withFee : "passenger.cancel_ask_free", { name, money }),
        action: costs ? t.say("passenger.cancel_fee", { money }) : t.say("passenger.cancel_no_fee"),
        keep: t.say("passenger.keep_ride"),
        test: "cancel-yes",
      });
      askedAt = null;
      if (!sure) return;
    }
    app.actions.cancel();
  };
  const draw = (/** @type {import("./app.js").State} */ { ride, link, problem }) => {
    if (ride === null) return;
    element.hidden = ride.cancel === null && ride.phase !== "scheduled";
    // Nobody says yes to a price that is not true any more, or to the end of a ride that has begun.
    if (askedAt !== null && (ride.cancel === null || fee() !== askedAt)) takeQuestionBack();
    const cost = ride.cancel;
    const free = cost !== null && cost.fee > 0 && cost.freeUntil !== null && cost.freeUntil > performance.now();
    const waits = ride.cancelling && link !== "open";
    let next = "clock";
    if (ride.cancelling) next = t.say(waits ? "shell.waiting_for_link" : "shell.sending");
    else if (!free) next = cost !== null && cost.fee > 0 ? t.say("passenger.cancel_fee", { money: t.money(cost.fee, ride.terms.currency) }) : t.say("passenger.cancel_no_fee");
    clock.until(free && !ride.cancelling ? cost.freeUntil : null);
    if (next !== label) fill(cancel, next === "clock" ? clock.element : next);
    label = next;
    cancel.toggleAttribute("aria-disabled", false);
    if (ride.cancelling) cancel.setAttribute("aria-disabled", "true");
    takeBack.hidden = !waits;
    wrong.hidden = problem === null;
    fill(wrong, problem ?? "");
  };
  const stop = () => {
    clock.stop();
    if (askedAt !== null) takeQuestionBack();
  };
  return { element, update: draw, stop };
}
