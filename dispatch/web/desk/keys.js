/** The keys of the desk: one table, by which the page acts and which it shows. They hold outside of fields only. */

/** @typedef {{ key: string, shown: string, does: string }} Key `does` names what is done, and its text `desk.key_<does>` */

export const KEYS = /** @type {const} */ ([
  { key: "b", shown: "B", does: "book" },
  { key: "/", shown: "/", does: "find" },
  { key: "u", shown: "U", does: "unserved" },
  { key: "r", shown: "R", does: "rides" },
  { key: "d", shown: "D", does: "drivers" },
  { key: "m", shown: "M", does: "map" },
  { key: "j", shown: "J ↓", does: "next" },
  { key: "k", shown: "K ↑", does: "previous" },
  { key: "Enter", shown: "Enter", does: "open" },
  { key: "Escape", shown: "Esc", does: "back" },
  { key: "w", shown: "W", does: "why" },
  { key: "a", shown: "A", does: "assign" },
  { key: "e", shown: "E", does: "reassign" },
  { key: "x", shown: "X", does: "close" },
  { key: "f", shown: "F", does: "fit" },
  { key: "t", shown: "T", does: "table" },
  { key: "p", shown: "P", does: "pause" },
  { key: "[", shown: "[", does: "slower" },
  { key: "]", shown: "]", does: "faster" },
  { key: "?", shown: "?", does: "keys" },
]);
/** @typedef {typeof KEYS[number]["does"]} Deed */
/** @typedef {"on" | "alt" | "off"} KeysChoice single keys as they are, only together with Alt, or none */

const ALSO = /** @type {Record<string, Deed>} */ ({ ArrowDown: "next", ArrowUp: "previous" });
/** These hold whatever was chosen: they are no letters. */
const ALWAYS = new Set(["Escape", "Enter", "ArrowDown", "ArrowUp"]);

/**
 * What a key asks for; null: nothing of the desk's.
 *
 * @param {{ key: string, altKey: boolean, ctrlKey: boolean, metaKey: boolean }} event
 * @param {KeysChoice} choice
 * @param {boolean} isInField the focus is where people write
 * @returns {Deed | null}
 */
export function deedOf({ key, altKey, ctrlKey, metaKey }, choice, isInField) {
  if (ctrlKey || metaKey) return null;
  if (ALWAYS.has(key)) {
    if (altKey || (isInField && key !== "Escape")) return null;
  } else if (choice === "off" || (choice === "alt") !== altKey || (isInField && !altKey)) return null;
  const name = key.length === 1 ? key.toLowerCase() : key;
  return ALSO[name] ?? KEYS.find((row) => row.key === name)?.does ?? null;
}

/** Whether this goes on to the next field: Enter alone, and not the one that ends a word that is being composed. @param {KeyboardEvent} event */
export function isEnter(event) {
  return event.key === "Enter" && !event.ctrlKey && !event.isComposing;
}
