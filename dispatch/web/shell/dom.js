/**
 * Elements of a page, made by hand. Text never becomes markup: every child that is text goes in as text.
 */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element. `on` holds listeners by the event's name; `test` is the name by which a test takes hold of it (`data-test`); a property that
 * is `true` is set, one that is `false`, null or undefined is left out; all others are attributes.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (name === "test") made.dataset.test = value;
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  fill(made, ...children);
  return made;
}

/**
 * Replaces what is in an element.
 *
 * @param {Element} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(
    ...children.filter((child) => child !== null && child !== undefined && child !== false).map((child) =>
      child instanceof Node ? child : String(child),
    ),
  );
}

/**
 * Text that came over the wire, a name or an address, kept apart from the direction of what stands around it.
 *
 * @param {string} text
 */
export function said(text) {
  return el("bdi", {}, text);
}

/**
 * A plate, pin, phone, id or sum: it reads from left to right in every language, and is not broken across lines.
 *
 * @param {string} text
 * @param {string} [className]
 */
export function code(text, className = "code") {
  return el("bdi", { dir: "ltr", class: className }, text);
}
