import { el } from "../shell/dom.js";
import { button } from "../shell/form.js";
import { callButton } from "./parts.js";

/**
 * The numbers that somebody may call, as the operator has set them.
 *
 * @param {import("./app.js").App} app
 */
export function helpDialog({ texts: t, town }) {
  /** @type {HTMLDialogElement} */
  const dialog = el(
    "dialog", { "aria-labelledby": "help-title" },
    el(
      "div", { class: "stack" },
      el("h2", { id: "help-title", tabindex: "-1", autofocus: true }, t.say("passenger.help")),
      !town.desk_phone && !town.emergency_phone && el("p", {}, t.say("passenger.no_numbers")),
      town.desk_phone ? callButton(t.say("passenger.call_desk"), town.desk_phone) : null,
      town.emergency_phone ? callButton(t.say("passenger.call_emergency"), town.emergency_phone) : null,
      button({ label: t.say("shell.close"), run: () => close() }),
    ),
  );
  const close = () => dialog.close();
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
