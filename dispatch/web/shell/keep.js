/**
 * What a page keeps for a reload of the same tab: which ride, how much was heard, a form that is half filled. Never a token: those are in
 * memory and in a cookie that scripts cannot read.
 */

let page = "";

/**
 * Says whose things are kept: the pages of one tab do not read each other's.
 *
 * @param {string} name
 */
export function keepFor(name) {
  page = name;
}

/**
 * What was kept under this name; null where nothing was, or where the browser keeps nothing.
 *
 * @param {string} name
 * @returns {any}
 */
export function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(`dispatch.${page}.${name}`) ?? "null");
  } catch {
    return null;
  }
}

/**
 * @param {string} name
 * @param {unknown} value of which JSON can be made
 */
export function keep(name, value) {
  try {
    sessionStorage.setItem(`dispatch.${page}.${name}`, JSON.stringify(value));
  } catch {
    // A browser that keeps nothing loses a form at a reload; the ride is the server's.
  }
}

/** @param {string} name */
export function forget(name) {
  try {
    sessionStorage.removeItem(`dispatch.${page}.${name}`);
  } catch {
    // Nothing was kept.
  }
}

/** Forgets all that this page has kept, when somebody logs out. */
export function forgetAll() {
  try {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(`dispatch.${page}.`)) sessionStorage.removeItem(key);
  } catch {
    // Nothing was kept.
  }
}
