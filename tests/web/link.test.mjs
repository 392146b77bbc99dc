/** What a page says of arrival times and of a lost link, and what errors are in words. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { NoAnswer, Refused } from "../../dispatch/web/client/errors.js";
import { errorText } from "../../dispatch/web/shell/errors.js";
import { Eta } from "../../dispatch/web/shell/eta.js";
import { linkWords } from "../../dispatch/web/shell/link.js";
import { latinDigits } from "../../dispatch/web/shell/login.js";
import { Texts } from "../../dispatch/web/shell/texts.js";

const english = new Texts("en", JSON.parse(readFileSync(new URL("../../dispatch/web/texts/en.json", import.meta.url), "utf8")));

/** The minutes that are shown each second while `etaS` is heard of each second. */
function minutes(etaS, from = 0, eta = new Eta()) {
  return etaS.map((left, at) => {
    eta.heard(left, (from + at) * 1_000);
    return eta.shown((from + at) * 1_000).minutes;
  });
}

test("an arrival time that is heard of with small changes does not move", () => {
  const shaky = Array.from({ length: 60 }, (_, at) => 260 - at + (at % 2 ? 20 : -20));
  assert.deepEqual([...new Set(minutes(shaky))], [4, 3]);
});

test("minutes never go down and up within ten seconds", () => {
  const jumps = Array.from({ length: 120 }, (_, at) => (Math.floor(at / 4) % 2 ? 240 : 400));
  const shown = minutes(jumps);
  const changes = shown.flatMap((value, at) => (at > 0 && value !== shown[at - 1] ? [at] : []));
  changes.slice(1).forEach((at, index) => assert.ok(at - changes[index] >= 10, `${changes}`));
});

test("a longer way must hold for ten seconds, and is said", () => {
  const eta = new Eta();
  minutes([240], 0, eta);
  const later = minutes(Array.from({ length: 12 }, (_, at) => 540 - at), 20, eta);
  assert.deepEqual([later[0], later[9], later[11]], [4, 4, 9]);
  assert.equal(eta.shown(32_000).longer, true);
});

test("below a minute somebody arrives now, and a minute more is no news", () => {
  const eta = new Eta();
  assert.deepEqual(minutes([59], 0, eta), [0]);
  assert.deepEqual([...new Set(minutes(Array.from({ length: 30 }, () => 92), 20, eta))], [0]);
  assert.equal(minutes(Array.from({ length: 12 }, () => 150), 60, eta).at(-1), 2);
});

test("what was heard more than twenty seconds ago is old", () => {
  const eta = new Eta();
  assert.equal(eta.shown(0), null);
  eta.heard(300, 0);
  assert.equal(eta.shown(20_000).old, false);
  assert.equal(eta.shown(20_001).old, true);
});

test("a short loss of the link is not told, a longer one is", () => {
  assert.deepEqual([0, 1_999, 2_000, 9_999, 10_000].map(linkWords), ["", "", "connecting", "connecting", "lost"]);
});

test("an error is said by its code, with what is known, else in the server's words", () => {
  const say = (told, values) => errorText(new Refused(told), english, values);
  assert.equal(say({ code: "unavailable", message: "x" }), "Nothing was done. Try again.");
  assert.equal(say({ code: "too_early", message: "x", retry_after_ms: 61_200 }), "Not yet: possible in 1:02.");
  assert.equal(say({ code: "quote_expired", message: "too old" }, { time: "14:31", money: "R 91.00" }), "The price held until 14:31. It is R 91.00 now.");
  assert.equal(say({ code: "quote_expired", message: "too old" }), "too old (quote_expired)");
  assert.equal(say({ code: "strange", message: "who knows" }), "who knows (strange)");
  assert.match(errorText(new NoAnswer("no link"), english), /did not answer/);
});

test("digits of Arabic keyboards are the digits of a code", () => {
  assert.equal(latinDigits("٤٧١٩ ۰۲"), "4719 02");
});
