import { NoAnswer, Refused } from "../client/errors.js";

/** @typedef {import("./texts.js").Texts} Texts */

/**
 * What went wrong, in words: by the code of the answer where we have words for it, else the server's own message and its code.
 *
 * @param {unknown} error
 * @param {Texts} texts
 * @param {Record<string, string | number>} [values] for the places of the sentence, such as `time`
 * @returns {string}
 */
export function errorText(error, texts, values = {}) {
  if (error instanceof NoAnswer) return texts.say("error.no_answer");
  if (!(error instanceof Refused)) return texts.say("error.page", { message: error instanceof Error ? error.message : String(error) });
  const waitS = Math.ceil((error.retryAfterMs ?? 1_000) / 1_000);
  const places = { message: error.message, n: waitS, clock: texts.clock(waitS), ...values };
  const key = `error.${error.code}`;
  if (texts.has(key)) {
    try {
      return texts.say(key, places);
    } catch {
      // The sentence has a place for which nothing is known here: then the server's own words are better.
    }
  }
  return texts.say("error.other", { message: error.message, code: error.code });
}
