/** The Back of phone and browser: it leaves what lies over the page's first view, as the page's own button does. */

/** What leaves the view that is shown; null: it is the first one. @type {(() => void) | null} */
let leave = null;

/**
 * Says what Back does from now on. One entry of the browser's history is enough: while it is there, Back stays within the page.
 *
 * @param {(() => void) | null} next null: nothing lies over the first view, and Back leaves the page
 */
export function backLeaves(next) {
  if (next !== null && !history.state?.over) history.pushState({ over: true }, "");
  leave = next;
}

addEventListener("popstate", () => {
  const left = leave;
  leave = null;
  left?.();
});
