/** The colours that a page is shown in, and what somebody has chosen: theme, language and sound are the only things that a page keeps in the browser. */

export const THEMES = /** @type {const} */ (["auto", "light", "dark", "hc-light", "hc-dark"]);
/** @typedef {typeof THEMES[number]} Theme */

/**
 * The theme of the stylesheet for what was chosen; `auto` follows the system, in brightness and in contrast.
 *
 * @param {Theme} theme
 * @param {{ dark: boolean, contrast: boolean, print?: boolean }} system what the system asks for; paper is white
 * @returns {Exclude<Theme, "auto">}
 */
export function themeFor(theme, { dark, contrast, print = false }) {
  if (print) return "light";
  if (theme !== "auto") return theme;
  if (contrast) return dark ? "hc-dark" : "hc-light";
  return dark ? "dark" : "light";
}

/** Whether it is night where somebody drives; null: the system says what is dark. @type {boolean | null} */
let night = null;
let showAgain = () => {};

/**
 * Has `auto` be dark by night and light by day from now on, in place of what the system asks for.
 *
 * @param {boolean} isNight
 */
export function followSun(isNight) {
  if (isNight === night) return;
  night = isNight;
  showAgain();
}

/**
 * Shows the page in this theme, and goes on to follow the system where it is `auto`. Returns a function that ends that.
 *
 * @param {Theme} theme
 * @returns {() => void}
 */
export function showTheme(theme) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const contrast = matchMedia("(prefers-contrast: more)");
  const print = matchMedia("print");
  const show = () => {
    document.documentElement.dataset.theme = themeFor(theme, { dark: night ?? dark.matches, contrast: contrast.matches, print: print.matches });
  };
  show();
  showAgain = show;
  for (const query of [dark, contrast, print]) query.addEventListener("change", show);
  return () => {
    for (const query of [dark, contrast, print]) query.removeEventListener("change", show);
  };
}

/**
 * What was chosen before, or `otherwise`, where nothing was, the browser keeps nothing, or what it kept is none of `allowed`.
 *
 * @template {string} Value
 * @param {"theme" | "language" | "sound" | "hold" | "navigator"} name
 * @param {readonly Value[]} allowed
 * @param {Value} otherwise
 * @returns {Value}
 */
export function chosen(name, allowed, otherwise) {
  try {
    const kept = /** @type {Value} */ (localStorage.getItem(`dispatch.${name}`));
    return allowed.includes(kept) ? kept : otherwise;
  } catch {
    return otherwise;
  }
}

/**
 * Keeps a choice for the next visit, where the browser lets us.
 *
 * @param {"theme" | "language" | "sound" | "hold" | "navigator"} name
 * @param {string} value
 */
export function choose(name, value) {
  try {
    localStorage.setItem(`dispatch.${name}`, value);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
}
