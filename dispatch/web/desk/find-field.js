/** Fields in which something is searched: Escape empties them, and an empty one gives the keys back to the desk. */

/**
 * @param {HTMLInputElement} input
 * @param {object} options
 * @param {() => void} options.changed something else is searched from now on
 * @param {() => void} options.leave the focus goes elsewhere
 */
export function searches(input, { changed, leave }) {
  input.addEventListener("input", changed);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (input.value === "") return leave();
    input.value = "";
    changed();
  });
}
