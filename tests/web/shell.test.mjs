/** What all pages share, where it needs no browser: sentences, numbers, what is read out, which theme. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Announcer } from "../../dispatch/web/shell/announcer.js";
import { directionOf, languageFor, Texts } from "../../dispatch/web/shell/texts.js";
import { themeFor } from "../../dispatch/web/shell/theme.js";

const SENTENCES = {
  plain: "Say this pin: {pin}",
  asked: "Asking {n|one:# driver|other:# drivers}, round {round}.",
};
const ARABIC = { asked: "{n|zero:z|one:o|two:t|few:f #|many:m #|other:x #}" };
const english = new Texts("en", SENTENCES, "Africa/Johannesburg");

test("a sentence takes its values, and numbers choose its form", () => {
  assert.equal(english.say("plain", { pin: "0042" }), "Say this pin: 0042");
  assert.equal(english.say("asked", { n: 1, round: 2 }), "Asking 1 driver, round 2.");
  assert.equal(english.say("asked", { n: 1500, round: 2 }), "Asking 1,500 drivers, round 2.");
});

test("a sentence that begins with somebody unnamed begins with a capital letter; a name stays as it is written", () => {
  const unnamed = { driver: "the driver", passenger: "the passenger" };
  const texts = new Texts("en", { ...unnamed, comes: "{name} arrives.", waits: "Stand still. {name} waits for {name}." });
  assert.equal(texts.say("comes", { name: "de Vries" }), "de Vries arrives.");
  assert.equal(texts.say("comes", { name: "the driver" }), "The driver arrives.");
  assert.equal(texts.say("waits", { name: "the passenger" }), "Stand still. The passenger waits for the passenger.");
});

test("all six forms of Arabic are used, with Latin digits", () => {
  const arabic = new Texts("ar", ARABIC);
  assert.deepEqual([0, 1, 2, 3, 11, 100].map((n) => arabic.say("asked", { n })), ["z", "o", "t", "f 3", "m 11", "x 100"]);
  assert.equal(arabic.direction, "rtl");
});

test("a text or value that is missing is a fault, not an empty sentence", () => {
  assert.throws(() => english.say("nothing"), /no text nothing in en/);
  assert.throws(() => english.say("plain"), /text plain wants pin/);
});

test("money has the digits of its currency, and is a plain number without one", () => {
  assert.equal(english.money(85.5, "ZAR").replace(/\s/g, " "), "R 85.50");
  assert.equal(english.money(1240, "JPY"), "¥1,240");
  assert.equal(english.money(1.5, "KWD").replace(/\s/g, " "), "KWD 1.500");
  assert.equal(english.money(85.5, null), "85.5");
});

test("what is said inside a sentence keeps its own direction", () => {
  const arabic = new Texts("ar", { to: "إلى {address}" });
  assert.equal(arabic.say("to", { address: "12 Long St" }), "إلى \u206812 Long St\u2069");
  assert.equal(arabic.money(20, "ZAR").replace(/\s/g, " "), "\u206620.00 R\u2069");
  assert.equal(english.say("plain", { pin: "محمد" }), "Say this pin: \u2068محمد\u2069");
});

test("times are the town's, lengths and minutes are rounded as people say them", () => {
  assert.equal(english.time(new Date("2026-11-30T12:32:00Z")), "14:32");
  assert.equal(english.dayOfMonth(new Date("2026-11-30T23:30:00Z")), "Dec 1");
  assert.equal(english.distance(5_240), "5.2 km");
  assert.equal(english.distance(420), "400 m");
  assert.equal(english.rating(5), "5.0");
  assert.equal(new Texts("fr", {}).rating(4.72), "4,7");
  assert.equal(english.duration(20), "1 min");
  assert.equal(english.duration(3_900), "1 hr 5 min");
  assert.equal(english.clock(112.2), "1:53");
  assert.equal(english.clock(-3), "0:00");
});

test("no page tells a time by the zone of the phone", () => {
  const pages = fileURLToPath(new URL("../../dispatch/web/", import.meta.url));
  const files = readdirSync(pages, { recursive: true }).filter((file) => file.endsWith(".js") && !/^(vendor|sounds)/.test(file));
  const made = files.flatMap((file) => readFileSync(pages + file, "utf8").match(/new Intl\.DateTimeFormat\([^;]*;/g) ?? []);
  assert.ok(made.length > 0);
  assert.deepEqual(made.filter((one) => !one.includes("timeZone")), []);
});

test("somebody gets the first language that there is, or English", () => {
  assert.equal(languageFor(["de-CH", "fr-CH", "en"]), "fr");
  assert.equal(languageFor(["ar-EG"]), "ar");
  assert.equal(languageFor(["zh"]), "en");
  assert.equal(directionOf("fr"), "ltr");
});

test("one sentence stands in one region, and the same is not said twice in ten seconds", () => {
  let now = 0;
  const [polite, assertive] = [{ textContent: "" }, { textContent: "" }];
  const announcer = new Announcer(polite, assertive, () => now);
  announcer.say("Asking 5 drivers.");
  assert.deepEqual([polite.textContent, assertive.textContent], ["Asking 5 drivers.", ""]);
  announcer.call("Michael is here.");
  assert.deepEqual([polite.textContent, assertive.textContent], ["", "Michael is here."]);
  polite.textContent = "untouched";
  now = 9_999;
  announcer.call("Michael is here.");
  assert.equal(polite.textContent, "untouched");
  now = 10_000;
  announcer.call("Michael is here.");
  assert.equal(polite.textContent, "");
});

test("auto follows the system, a choice does not", () => {
  assert.equal(themeFor("auto", { dark: false, contrast: false }), "light");
  assert.equal(themeFor("auto", { dark: true, contrast: false }), "dark");
  assert.equal(themeFor("auto", { dark: true, contrast: true }), "hc-dark");
  assert.equal(themeFor("auto", { dark: false, contrast: true }), "hc-light");
  assert.equal(themeFor("hc-dark", { dark: true, contrast: true, print: true }), "light");
  assert.equal(themeFor("light", { dark: true, contrast: true }), "light");
});
