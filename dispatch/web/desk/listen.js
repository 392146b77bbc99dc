/** Hears the keys of the desk, where they are not somebody else's. */

import { deedOf } from "./keys.js";
import { keysChoice } from "./frame.js";

const FIELDS = new Set(["INPUT", "TEXTAREA", "SELECT"]);

/** @param {import("./app.js").Desk} desk */
export function listenToKeys(desk) {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    const isInField = FIELDS.has(target.tagName) && /** @type {HTMLInputElement} */ (target).type !== "checkbox";
    const deed = deedOf(event, keysChoice(), isInField);
    if (deed === null) return;
    // On the map the arrows move the map.
    if (event.key.startsWith("Arrow") && target.closest(".town-map")) return;
    if (desk.does(deed) !== false) event.preventDefault();
  });
}
