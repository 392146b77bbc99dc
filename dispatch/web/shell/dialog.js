import { el } from "./dom.js";

/** The question that stands there now. @type {HTMLDialogElement | null} */
let asked = null;

/** Takes the question back that stands there: what it asks about is not so any more. It counts as answered with no. */
export function takeQuestionBack() {
  asked?.close("no");
}

/**
 * Asks before something that costs, ends a ride, or tells a person. What follows stands on the button.
 *
 * @param {object} question
 * @param {string} question.title
 * @param {string} [question.text]
 * @param {string} question.action on the button that does it
 * @param {string} question.keep on the button that leaves all as it is
 * @param {boolean} [question.danger]
 * @param {string} [question.test] name of the button that does it
 * @returns {Promise<boolean>} whether it shall be done
 */
export function confirm({ title, text = "", action, keep, danger = true, test }) {
  return new Promise((resolve) => {
    const kind = danger ? "button danger filled wide" : "button primary wide";
    const dialog = el(
      "dialog",
      { "aria-labelledby": "question", class: "question" },
      el(
        "form",
        { method: "dialog", class: "stack" },
        el("h2", { id: "question", tabindex: "-1", autofocus: true }, title),
        text && el("p", {}, text),
        el("button", { class: kind, value: "yes", test }, action),
        el("button", { class: "button wide", value: "no" }, keep),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (asked === dialog) asked = null;
      resolve(dialog.returnValue === "yes");
    });
    document.body.append(dialog);
    asked = dialog;
    dialog.showModal();
  });
}
