/** What a driver hears and reads, where the sun stands, what a position says, how far it is: all without a browser. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { frameOf } from "../../dispatch/web/driver/position.js";
import { toneEvery } from "../../dispatch/web/driver/sounds.js";
import { begin, reduce } from "../../dispatch/web/driver/state.js";
import { isNight, sunHeight } from "../../dispatch/web/driver/sun.js";
import { navigationUrl, NAVIGATORS, secondsTo, usualNavigator } from "../../dispatch/web/driver/way.js";
import { closedText, endingText, fareText, newsText, told, warningText } from "../../dispatch/web/driver/words.js";
import { Texts } from "../../dispatch/web/shell/texts.js";

const english = new Texts("en", JSON.parse(readFileSync(new URL("../../dispatch/web/texts/en.json", import.meta.url), "utf8")), "Africa/Johannesburg");
const clock = { now: () => 10_000, wall: () => 0, roundTripMs: 0 };
const OFFER = {
  type: "ride_request", ride_id: "r1", offer_id: "o1", passenger_name: "Sarah", pickup_address: "123 Main Street", dropoff_address: "Oak Avenue", distance: 5.2,
  fare: 85.5, currency: "ZAR", estimated_duration: 18, ttl_ms: 30_000, pickup_distance_m: 1_300, pickup_eta_s: 240,
};
const PLACES = { pickup_latitude: -26.2, pickup_longitude: 28.04, dropoff_latitude: -26.18, dropoff_longitude: 28.04 };
const ACCEPTED = { type: "ride_accepted", ride_id: "r1", passenger_name: "Sarah", pickup_address: "123 Main Street", dropoff_address: "Oak Avenue", fare: 85.5, ...PLACES };
const SNAPSHOT = { type: "snapshot", status: "available", offer: null, ride: null, recovered: false };

/** Without the marks that keep text of the wire apart, which nobody sees. */
const bare = (text) => text.replace(/[\u2068\u2069]/g, "");

/** What is said at the last of these messages. */
function saidAt(...messages) {
  let state = begin({ online: true });
  let said;
  for (const message of messages) {
    const before = state;
    state = reduce(state, message, clock);
    said = told(english, before, message, state);
  }
  return said.call ? { ...said, call: bare(said.call) } : said;
}

test("a document is told by its last day, which is a day of the town", () => {
  const text = endingText(english, { document: "driving_licence", endsAt: new Date("2026-12-05T22:00:00Z") });
  assert.equal(bare(text), "Your document “driving licence” ends on Dec 5, and requests with it.");
});

test("a request is called out whole, with the units in words", () => {
  const { call, sound } = saidAt(SNAPSHOT, OFFER);
  assert.match(call, /^Ride request\. 85\.50 South African rand\. 4 min away\. From 123 Main Street to Oak Avenue\. 30 seconds\.$/);
  assert.equal(sound, undefined, "its tone rings until it is closed");
  assert.match(saidAt({ ...SNAPSHOT, offer: OFFER }).call, /^Ride request/);
});

test("a request that is told again is not called out again", () => {
  assert.deepEqual(saidAt(SNAPSHOT, OFFER, { ...OFFER, ttl_ms: 12_000 }), {});
});

test("why a request was closed is called with a falling tone, but for one's own no", () => {
  const closed = (reason) => saidAt(SNAPSHOT, OFFER, { type: "offer_closed", ride_id: "r1", offer_id: "o1", reason });
  assert.deepEqual(closed("taken"), { call: "Another driver was faster", sound: "bad" });
  assert.deepEqual(closed("declined"), { call: "Declined" });
});

test("every reason of the wire has its words, and an unknown one has some", () => {
  const reasons = ["taken", "expired", "declined", "cancelled", "superseded", "driver_busy", "unavailable", "no_link", "gone"];
  assert.equal(new Set(reasons.map((reason) => closedText(english, reason))).size, reasons.length);
  assert.equal(closedText(english, "something_new"), "The request is over");
});

test("the ride, its end and its cancelling are called; steps are said", () => {
  assert.deepEqual(saidAt(SNAPSHOT, OFFER, ACCEPTED), { call: "The ride is yours. 123 Main Street, Sarah.", sound: "good" });
  assert.ok(saidAt(SNAPSHOT, ACCEPTED, { type: "driver_arrived", ride_id: "r1" }).say);
  assert.equal(saidAt(SNAPSHOT, ACCEPTED, { type: "ride_started", ride_id: "r1" }).say, "The trip has started. To Oak Avenue.");
  const done = { type: "ride_completed", ride_id: "r1", fare: 89.5, currency: "ZAR", payment_status: "cash" };
  assert.equal(saidAt(SNAPSHOT, ACCEPTED, done).call, "Collect 89.50 South African rand in cash.");
  assert.equal(saidAt(SNAPSHOT, ACCEPTED, { ...done, payment_status: "pending" }).call, "Trip done. It is paid by card.");
  const gone = { type: "ride_cancelled", ride_id: "r1", by: "passenger", reason: "", fee: 20, currency: "ZAR" };
  assert.match(saidAt(SNAPSHOT, ACCEPTED, gone).call, /^Sarah cancelled the ride\. Fee: R.20\.00\.$/);
});

test("a snapshot says where the driver is only when that is another place than before", () => {
  assert.equal(saidAt(SNAPSHOT).say, "You are online and wait for requests.");
  assert.deepEqual(saidAt(SNAPSHOT, SNAPSHOT), {});
});

test("a warning is called once", () => {
  const warning = { type: "warning", ride_id: "r1", reason: "standing_still" };
  assert.equal(saidAt(SNAPSHOT, ACCEPTED, warning).call, "You have not moved for 2 minutes. Sarah is waiting.");
  assert.deepEqual(saidAt(SNAPSHOT, ACCEPTED, warning, warning), {});
  assert.equal(bare(warningText(english, "far_from_pickup", "Sarah", "400 m")), "The pickup is 400 m from here.");
});

test("a ride whose price nobody has named never reads as zero", () => {
  const words = "Price: agree with the passenger";
  assert.equal(fareText(english, { fare: 0, currency: "ZAR", fare_by_agreement: true }), words);
  assert.equal(fareText(english, { fare: 0, currency: null }), words);
  assert.equal(fareText(english, { fare: 85.5, currency: null }), "85.5");
});

test("text of the wire is kept apart from the direction of the sentence around it", () => {
  const text = newsText(english, { what: "note", note: "456 Oak Ave" });
  assert.equal(text, "New note: “\u2068456 Oak Ave\u2069”");
});

test("who ended a ride is said, with the desk's reason and the fee", () => {
  const news = (more) => bare(newsText(english, { what: "cancelled", by: "ops", reason: "", fee: 0, currency: "ZAR", name: "Sarah", ...more }));
  assert.equal(news({ reason: "road closed" }), "The desk ended this ride: road closed. There is no fee.");
  assert.equal(news({ by: "driver", reason: "" }), "You gave the ride back. Another driver is asked. This counts as a ride given back.");
  assert.match(news({ by: "driver", reason: "no_show", fee: 20 }), /^Nobody came, and the ride is closed\. Fee: R.20\.00\.$/);
});

test("the tone comes every two seconds, and every second when less than five are left", () => {
  assert.deepEqual([30, 5, 4.9, 0].map(toneEvery), [2_000, 2_000, 1_000, 1_000]);
});

test("a position says what the phone knows, and its time only when it was kept", () => {
  const fix = { lat: 1.5, lon: 2.5, accuracyM: 8.04, heading: Number.NaN, speed: 3.14, at: 0, recordedAt: new Date(0) };
  assert.deepEqual(frameOf(fix, false), { latitude: 1.5, longitude: 2.5, accuracy_m: 8, speed_mps: 3.1 });
  assert.equal(frameOf(fix, true).recorded_at, "1970-01-01T00:00:00.000Z");
});

test("night is where the sun is down: at noon in Johannesburg it stands high, at midnight it is night", () => {
  const johannesburg = { lat: -26.2, lon: 28.05 };
  assert.ok(sunHeight(new Date("2026-12-21T10:06:00Z"), johannesburg) > 86.5);
  assert.equal(isNight(new Date("2026-12-21T22:00:00Z"), johannesburg), true);
  // Sunset of that day is at 18:59 there, sunrise of the next at 05:12.
  assert.equal(isNight(new Date("2026-12-21T16:56:00Z"), johannesburg), false);
  assert.equal(isNight(new Date("2026-12-21T17:03:00Z"), johannesburg), true);
  // In Helsinki the sun does not rise before 09:24 in winter, and in June it is down for five hours.
  assert.equal(isNight(new Date("2026-12-21T07:20:00Z"), { lat: 60.17, lon: 24.94 }), true);
  assert.equal(isNight(new Date("2026-12-21T07:28:00Z"), { lat: 60.17, lon: 24.94 }), false);
  assert.equal(isNight(new Date("2026-06-21T19:00:00Z"), { lat: 60.17, lon: 24.94 }), false);
});

test("minutes go by the pace that the server expects of the trip, and are not told where there is none", () => {
  const ride = { ...PLACES, estimated_duration: 10 };
  assert.ok(Math.abs(secondsTo(ride, 2_224 / 2) - 300) < 2);
  assert.equal(secondsTo({ ...ride, estimated_duration: 0 }, 500), null);
  assert.equal(secondsTo({ ...ride, dropoff_latitude: -26.2001 }, 500), null);
});

test("the way is opened by the app that the driver chose, with the place and nothing about anybody", () => {
  const place = { lat: 60.17, lon: 24.94, address: "Oak & Elm (gate)" };
  const [phone, ...others] = NAVIGATORS.map((one) => navigationUrl(one, place));
  assert.equal(phone, "geo:60.17,24.94?q=60.17,24.94(Oak%20%26%20Elm%20(gate))");
  assert.deepEqual(others.map((url) => new URL(url).host), ["www.google.com", "waze.com", "maps.apple.com"]);
  for (const url of others) {
    assert.ok([...new URL(url).searchParams.values()].includes("60.17,24.94"), url);
    assert.ok(!url.includes("Oak"), url);
  }
  assert.equal(usualNavigator("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X)"), "apple");
  assert.equal(usualNavigator("Mozilla/5.0 (Linux; Android 16)"), "phone");
});
