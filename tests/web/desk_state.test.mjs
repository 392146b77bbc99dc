/** What the desk shows and may do, without a browser: views, actions, who is unserved, keys, and what people type. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { drawnRows } from "../../dispatch/web/desk/rows.js";
import { KINDS } from "../../dispatch/web/desk/board.js";
import { deedOf, KEYS } from "../../dispatch/web/desk/keys.js";
import { isWhole, momentIn, placeIn } from "../../dispatch/web/desk/reading.js";
import { CLOSE_REASONS, REASSIGN_REASONS } from "../../dispatch/web/desk/reasons.js";
import { actionsFor, deedsWith, firstState, listedAgain, medianWaitS, MISSED_FOR_MS, reduce, roundSum, settled, unserved, viewOf, VIEWS } from "../../dispatch/web/desk/state.js";
import { timelineOf } from "../../dispatch/web/desk/timeline.js";
import { Texts } from "../../dispatch/web/shell/texts.js";

const WEB = new URL("../../dispatch/web/", import.meta.url);
const SENTENCES = JSON.parse(readFileSync(new URL("texts/en.json", WEB), "utf8"));
const english = new Texts("en", SENTENCES, "Europe/Helsinki");
const NOW = Date.parse("2026-11-30T12:00:00Z");
const ALARM = { unasked_s: 60, waiting_s: 120 };
const ago = (seconds) => new Date(NOW - seconds * 1_000).toISOString();
const pending = (id, seconds, more = {}) => ({ ride_id: id, status: "pending", requested_at: ago(seconds), asked: ["d"], ...more });
const missed = (id, seconds) => ({ ride_id: id, status: "no_drivers", at: NOW - seconds * 1_000, address: "A", name: "Ann" });

test("the address names a view, and the map where it names none", () => {
  assert.deepEqual(["#rides", "#audit", "", "#nothing"].map(viewOf), ["rides", "audit", "map", "map"]);
});

test("a ride stays chosen on another view, and its panel makes room until it is asked for", () => {
  let state = reduce(firstState(), { type: "ride", ride: "r1" });
  assert.deepEqual([state.ride, state.isOpen], ["r1", true]);
  state = reduce(state, { type: "view", view: "day" });
  assert.deepEqual([state.ride, state.isOpen], ["r1", false]);
  assert.equal(reduce(state, { type: "part", part: "close" }).part, "ride");
  assert.equal(reduce(state, { type: "view", view: "rides" }).isOpen, true);
  assert.equal(reduce(state, { type: "ride", ride: "r2" }).isOpen, true);
});

test("a list that was read on does not lose its end when a ride changes", () => {
  const list = (...ids) => ids.map((ride_id) => ({ ride_id }));
  assert.deepEqual(listedAgain(list("c", "b", "a", "z"), list("d", "c")), list("d", "c", "b", "a", "z"));
  assert.deepEqual(listedAgain(list("b", "a"), list("c", "b", "a")), list("c", "b", "a"));
  assert.deepEqual(listedAgain(list("a"), list("c", "b")), list("c", "b"));
  assert.deepEqual(listedAgain([], list("a")), list("a"));
});

test("a long list draws what is in view, and all of it where the page around it scrolls or is printed", () => {
  const box = { rows: 5_000, tall: 360, top: 3_600, height: 36, isWhole: false };
  assert.deepEqual(drawnRows(box), { first: 94, count: 22 });
  assert.deepEqual(drawnRows({ ...box, isWhole: true }), { first: 0, count: 5_000 });
});

test("a driver who holds an offer of the ride is asked already, and can be bound by a manager", () => {
  assert.deepEqual(deedsWith({}, true), { ask: true, bind: true });
  assert.deepEqual(deedsWith({ why_not_asked: "thinking" }, true), { ask: false, bind: true });
  assert.deepEqual(deedsWith({ why_not_asked: "thinking" }, false), { ask: false, bind: false });
  assert.deepEqual(deedsWith({ why_not_asked: "busy" }, true), { ask: false, bind: false });
});

test("another ride begins with its own timeline, and no form of the one before", () => {
  const closing = reduce(reduce(firstState(), { type: "ride", ride: "r1" }), { type: "part", part: "close" });
  assert.equal(closing.part, "close");
  assert.equal(reduce(closing, { type: "ride", ride: "r2" }).part, "ride");
});

test("only what is possible now is offered, and what is a manager's only to managers", () => {
  const of = (status, manager) => [...actionsFor({ status }, { manager })].sort();
  assert.deepEqual(of("pending", false), ["assign", "close", "note", "places"]);
  assert.deepEqual(of("pending", true), ["assign", "bind", "close", "note", "places"]);
  assert.deepEqual(of("scheduled", true), ["close", "note", "places"]);
  assert.deepEqual(of("accepted", false), ["close", "note", "reassign"]);
  assert.deepEqual(of("arrived", true), ["close", "fare", "note"]);
  assert.deepEqual(of("completed", true), []);
  assert.deepEqual(of("no_drivers", false), ["again"]);
});

test("who waits longest stands first, and below them those whom nobody came for", () => {
  const rides = [pending("b", 30), pending("c", 200), { ...pending("x", 900), status: "accepted" }, pending("a", 70, { unasked_since: ago(61) })];
  const list = unserved(rides, [missed("m1", 300), missed("m2", 60), missed("old", MISSED_FOR_MS / 1_000)], NOW, ALARM);
  assert.deepEqual(list.map(({ id, kind }) => `${id} ${KINDS[kind]}`), ["c needs", "a needs", "b offered", "m2 needs", "m1 needs"]);
  assert.equal(medianWaitS(list), 70);
  assert.equal(medianWaitS([]), null);
});

test("a list in use keeps its rows where they are, and counts what is new", () => {
  assert.deepEqual(settled(["a", "b"], ["n", "b"], true), { order: ["a", "b"], waiting: 1 });
  assert.deepEqual(settled(["a", "b"], ["n", "b"], false), { order: ["n", "b"], waiting: 0 });
});

test("keys are the desk's outside of fields only, and as somebody has chosen", () => {
  const press = (key, more = {}) => ({ key, altKey: false, ctrlKey: false, metaKey: false, ...more });
  assert.equal(deedOf(press("B"), "on", false), "book");
  assert.equal(deedOf(press("b"), "on", true), null);
  assert.equal(deedOf(press("ArrowDown"), "off", false), "next");
  assert.equal(deedOf(press("Escape"), "off", true), "back");
  assert.equal(deedOf(press("b"), "alt", false), null);
  assert.equal(deedOf(press("b", { altKey: true }), "alt", true), "book");
  assert.equal(deedOf(press("b", { ctrlKey: true }), "on", false), null);
  assert.equal(deedOf(press("?"), "on", false), "keys");
});

test("a whole phone is known in each form, a part of one is not", () => {
  for (const typed of ["+358 40 555 0001", "040 555 0001", "358405550001"]) assert.equal(isWhole(typed, "358405550001"), true, typed);
  for (const typed of ["040 555 000", "0001", "+358 40 555 0002"]) assert.equal(isWhole(typed, "358405550001"), false, typed);
});

test("coordinates are a place, any other text is none", () => {
  assert.deepEqual(placeIn("60.17, 24.94"), { name: "60.17, 24.94", lat: 60.17, lon: 24.94 });
  assert.deepEqual(placeIn("-26.2041 28.0473")?.lat, -26.2041);
  for (const text of ["12 Long St", "60", "99.5, 24.9", ""]) assert.equal(placeIn(text), null, text);
});

test("a time of a pickup is the town's, in summer, in winter and around the change", () => {
  assert.equal(momentIn("2026-11-30T17:30", "Europe/Helsinki"), "2026-11-30T15:30:00.000Z");
  assert.equal(momentIn("2026-07-01T17:30", "Europe/Helsinki"), "2026-07-01T14:30:00.000Z");
  assert.equal(momentIn("2026-10-25T05:00", "Europe/Helsinki"), "2026-10-25T03:00:00.000Z");
  assert.equal(momentIn("2026-11-30T17:30", "Africa/Johannesburg"), "2026-11-30T15:30:00.000Z");
});

test("a round's sum says who was dropped", () => {
  assert.deepEqual(roundSum({ considered: [{ rule: "asked" }, { rule: "stale" }, { rule: "busy" }] }), { asked: 1, near: 3, dropped: 2 });
});

test("a timeline tells each deed in a sentence, offers under their round", () => {
  const at = "2026-11-30T12:25:25.000Z";
  const lines = timelineOf(
    [
      { at, what: "requested", by: "ops", staff_id: "s1" },
      { at, what: "staff_acted", by: "ops", action: "book" },
      { at, what: "asked", by: "system", round: 1, drivers: [] },
      { at, what: "asked", by: "system", round: 2, drivers: ["d1", "d2"] },
      { at, what: "declined", by: "driver", driver_id: "d1", driver_name: "Michael", reason: "too far" },
      { at, what: "offers_closed", by: "system", drivers: ["d2"], reason: "expired" },
      { at, what: "completed", by: "driver", driver_id: "d2", fare: 12.5 },
      { at, what: "something_new", by: "system" },
    ],
    english, (id) => id.toUpperCase(), "EUR",
  );
  assert.deepEqual(lines.map(({ text, isIndented }) => `${isIndented ? "  " : ""}${text}`), [
    "Booked by the desk",
    "Round 2: 2 asked (D1, D2)",
    "  Michael declined: too far",
    "  D2: no answer",
    "Trip done, €12.50",
    "something_new",
  ]);
});

test("every sentence that a desk's module says is there", () => {
  const folder = new URL("desk/", WEB);
  const keys = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
    for (const [, key] of readFileSync(new URL(file, folder), "utf8").matchAll(/\bt\("(\w+)"/g)) keys.push(key);
  }
  const words = (name) => readFileSync(new URL("../../dispatch/words.py", import.meta.url), "utf8").split(`class ${name}(`)[1].split("\nclass ")[0].matchAll(/ = "(\w+)"/g);
  const families = {
    view: VIEWS, kind: KINDS, key: KEYS.map(({ does }) => does), reason: [...CLOSE_REASONS, ...REASSIGN_REASONS],
    rule: [...words("AskVerdict")].map(([, word]) => word), outcome: [...words("OfferOutcome")].map(([, word]) => word),
    status: [...words("RideStatus")].map(([, word]) => word).filter((word) => word !== "unbooked"), by: [...words("Party")].map(([, word]) => word),
    act: [...words("StaffAction")].map(([, word]) => word),
  };
  for (const [family, members] of Object.entries(families)) {
    assert.ok(members.length > 2, family);
    keys.push(...members.map((word) => `${family}_${word}`));
  }
  assert.ok(keys.length > 250);
  assert.deepEqual(keys.filter((key) => !(`desk.${key}` in SENTENCES)), []);
});
