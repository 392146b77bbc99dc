/** A passenger's ride as its page knows it: each message of the server, what is read out, and trips before they are rides. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fareText, spelled, spoken } from "../../dispatch/web/passenger/speech.js";
import { LazyStreets } from "../../dispatch/web/passenger/town.js";
import { hasDriver, isOver, newRide, reduce, unknownRide, withoutClocks } from "../../dispatch/web/passenger/state.js";
import * as trips from "../../dispatch/web/passenger/trips.js";
import { Texts } from "../../dispatch/web/shell/texts.js";

const english = new Texts("en", JSON.parse(readFileSync(new URL("../../dispatch/web/texts/en.json", import.meta.url), "utf8")), "UTC");
const HOME = { name: "123 Main St", lat: 60.17, lon: 24.94 };
const STATION = { name: "456 Oak Ave", lat: 60.18, lon: 24.95 };
const TERMS = { pickup: HOME, dropoff: STATION, fare: 85.5, currency: "ZAR", byAgreement: false, payment: "cash", vehicleType: null, note: "", pickupAt: null };
const SEARCHING = { type: "searching", round: 1, rounds_max: 4, drivers_notified: 5, asked_total: 5, fare: 85.5, currency: "ZAR", ttl_ms: 22_000, expires_at: "" };
const ASSIGNED = {
  type: "driver_assigned", driver_id: "d1", driver_name: "Michael Brown", driver_phone: "27821234568", driver_rating: 4.9, vehicle_type: "sedan",
  vehicle_registration: "CA 999 GP", driver_latitude: 60.1, driver_longitude: 24.9, eta_s: 240, start_pin: "4719", cancel_fee: 20, cancel_free_ttl_ms: 98_000,
};
const ARRIVED = { type: "driver_arrived", cancel_fee: 20, cancel_free_ttl_ms: 0, waiting_free_ttl_ms: 112_000, waiting_per_minute: 2, no_show_ttl_ms: 292_000, no_show_fee: 30 };
const COMPLETED = {
  type: "ride_completed", fare: 89.5, currency: "ZAR", breakdown: { base: 12.5, distance: 50.96, time: 22.04, waiting: 4 }, distance_km: 5.2, duration_minutes: 18, payment_status: "cash",
};

/** The ride after these messages, each heard at its second, and what was read out for the last. */
function told(...messages) {
  let ride = newRide("r1", TERMS);
  let last = null;
  messages.forEach((message, at) => {
    const before = ride;
    ride = reduce(ride, { ride_id: "r1", ...message }, { now: at * 1_000, wall: 1_764_000_000_000 + at * 1_000 });
    last = spoken(before, ride, message, english);
  });
  return { ride, said: last };
}

test("a search tells its round, who was asked, and until when", () => {
  const { ride, said } = told(SEARCHING);
  assert.equal(ride.phase, "searching");
  assert.deepEqual(ride.search, { round: 1, roundsMax: 4, asked: 5, askedTotal: 5, ends: 22_000 });
  assert.deepEqual(ride.cancel, { fee: 0, freeUntil: null });
  assert.deepEqual(said, { text: "Asking 5 drivers, round 1.", urgent: false });
});

test("the server's fare replaces the quote's, and 0 that nobody named is no price", () => {
  assert.equal(told({ ...SEARCHING, fare: 91 }).ride.terms.fare, 91);
  const { ride } = told({ ...SEARCHING, fare: 0, fare_by_agreement: true });
  assert.equal(fareText(ride.terms, english), "price not set");
});

test("a driver who accepts has a card, a pin, and a cancel that is free for a while", () => {
  const { ride, said } = told(SEARCHING, ASSIGNED);
  assert.equal(ride.phase, "coming");
  assert.deepEqual(ride.driver, { id: "d1", name: "Michael Brown", phone: "27821234568", rating: 4.9, type: "sedan", plate: "CA 999 GP" });
  assert.equal(ride.pin, "4719");
  assert.deepEqual(ride.cancel, { fee: 20, freeUntil: 99_000 });
  assert.deepEqual(ride.eta, { s: 240, at: 1_000 });
  assert.equal(ride.search, null);
  assert.deepEqual(said, { text: "Michael has accepted. Sedan, plate C A 9 9 9 G P. 4 minutes.", urgent: true });
});

test("at the pickup waiting and leaving have their clocks, and the pin is read out", () => {
  const { ride, said } = told(SEARCHING, ASSIGNED, ARRIVED);
  assert.equal(ride.phase, "here");
  assert.deepEqual(ride.waiting, { freeUntil: 114_000, perMinute: 2, noShowAt: 294_000, noShowFee: 30 });
  assert.deepEqual(said, { text: "Michael is at the pickup. Your pin is 4 7 1 9.", urgent: true });
});

test("a trip cannot be cancelled, and its end is a receipt whose lines add up", () => {
  const started = told(SEARCHING, ASSIGNED, ARRIVED, { type: "ride_started" }).ride;
  assert.equal(started.phase, "trip");
  assert.equal(started.cancel, null);
  const { ride, said } = told(SEARCHING, ASSIGNED, ARRIVED, { type: "ride_started" }, COMPLETED);
  assert.ok(isOver(ride) && !hasDriver(ride));
  assert.deepEqual(ride.receipt.breakdown.map(([name]) => name), ["base", "distance", "time", "waiting"]);
  assert.equal(ride.receipt.breakdown.reduce((sum, [, amount]) => sum + amount, 0), ride.receipt.fare);
  assert.equal(said.text.replace(/\u00a0/g, " "), "Trip done. R 89.50 to pay in cash.");
  assert.equal(ride.driver.name, "Michael Brown", "who is rated");
});

test("a driver who gives the ride back is named, the search goes on at the same price", () => {
  const { ride, said } = told(SEARCHING, ASSIGNED, { type: "driver_cancelled", by: "driver", reason: "" });
  assert.equal(ride.phase, "searching");
  assert.deepEqual([ride.driver, ride.pin, ride.car, ride.eta], [null, null, null, null]);
  assert.equal(said.text.replace(/\u00a0/g, " "), "Michael had to give the ride back. We ask others. The price stays R 85.50.");
  assert.equal(told(SEARCHING, ASSIGNED, { type: "driver_cancelled", by: "driver", reason: "" }, SEARCHING, ASSIGNED).ride.gaveBack, null);
});

test("a driver who is not heard is told, until a position comes", () => {
  const lost = told(SEARCHING, ASSIGNED, { type: "driver_unreachable", reason: "not_heard" });
  assert.equal(lost.said.urgent, true);
  assert.match(lost.said.text, /We cannot reach Michael since \d\d:\d\d/);
  const here = { type: "driver_location", latitude: 60.2, longitude: 24.95, heading: 90, eta_s: 100, distance_m: 800 };
  const heard = told(SEARCHING, ASSIGNED, { type: "driver_unreachable", reason: "not_heard" }, here).ride;
  assert.equal(heard.lost, null);
  assert.deepEqual(heard.car, { lat: 60.2, lon: 24.95, heading: 90 });
  assert.notEqual(told(SEARCHING, ASSIGNED, { type: "driver_unreachable", reason: "standing_still" }, here).ride.lost, null);
});

test("a position that comes late, after the ride is over, changes nothing", () => {
  const before = told(SEARCHING, ASSIGNED, COMPLETED).ride;
  assert.equal(reduce(before, { type: "driver_location", latitude: 1, longitude: 1, eta_s: 1, distance_m: 1 }, { now: 0, wall: 0 }), before);
});

test("nobody who could come is told with what was done, and nobody near in words of its own", () => {
  const end = { type: "no_drivers", reason: "nobody accepted", rounds: 4, drivers_asked: 12 };
  assert.equal(told(SEARCHING, end).said.text, "Nobody could come. We asked 12 drivers in 4 rounds. Nothing is charged.");
  assert.match(told(SEARCHING, { ...end, drivers_asked: 0 }).said.text, /No driver was near enough/);
});

test("who ended a ride and what that costs is said", () => {
  const end = (fields) => told(SEARCHING, ASSIGNED, { type: "ride_cancelled", fee: 0, reason: "", currency: "ZAR", ...fields }).said.text.replace(/\u00a0/g, " ");
  assert.equal(end({ by: "passenger" }), "Ride cancelled. Nothing is charged.");
  assert.equal(end({ by: "passenger", fee: 20 }), "Ride cancelled. Fee R 20.00.");
  assert.equal(end({ by: "ops", reason: "no cars tonight" }), "The desk cancelled this ride: no cars tonight. Nothing is charged.");
  assert.equal(end({ by: "driver", fee: 30 }), "Michael waited and left. Fee R 30.00.");
  assert.match(end({ by: "system", reason: "the passenger left" }), /We lost your phone/);
  assert.match(end({ by: "system", reason: "the passenger booked another ride" }), /You booked another ride/);
  assert.equal(end({ by: "system", reason: "it took too long" }), "The ride took longer than a ride may, and was ended. Nothing is charged.");
  assert.equal(end({ by: "system", reason: "out of service" }), "The service ended this ride after an error. Nothing is charged.");
});

test("a card that is declined is told at once, one that was paid is not", () => {
  const declined = told(SEARCHING, ASSIGNED, { ...COMPLETED, payment_status: "pending" }, { type: "payment", status: "declined", amount: 89.5, currency: "ZAR" });
  assert.equal(declined.ride.receipt.payment, "declined");
  assert.match(declined.said.text, /The card was declined/);
  assert.equal(told(COMPLETED, { type: "payment", status: "paid", amount: 89.5, currency: "ZAR" }).said, null);
});

test("a snapshot alone makes the whole ride, in each of its states", () => {
  const points = { pickup_address: "A", dropoff_address: "B", pickup_latitude: 1, pickup_longitude: 2, dropoff_latitude: 3, dropoff_longitude: 4 };
  const snap = (fields) =>
    reduce(unknownRide("r1"), { type: "snapshot", ride_id: "r1", recovered: false, fare: 10, currency: "EUR", ...points, ...fields }, { now: 1_000, wall: 0 });
  const driver = { driver_id: "d1", driver_name: "Michael Brown", vehicle_registration: "X", vehicle_type: "sedan", driver_phone: "1", driver_rating: 5 };
  assert.equal(snap({ status: "pending" }).phase, "searching");
  assert.deepEqual(snap({ status: "pending" }).terms.dropoff, { name: "B", lat: 3, lon: 4 });
  assert.equal(snap({ status: "scheduled", pickup_at: "2026-12-01T10:00:00Z" }).terms.pickupAt, "2026-12-01T10:00:00Z");
  const coming = snap({ status: "accepted", ...driver, eta_s: 60, driver_latitude: 1, driver_longitude: 2, start_pin: "0042" });
  assert.deepEqual([coming.phase, coming.pin, coming.eta.s, coming.car.lat], ["coming", "0042", 60, 1]);
  assert.equal(snap({ status: "arrived", ...driver, waiting_per_minute: 2, waiting_free_ttl_ms: 500 }).waiting.freeUntil, 1_500);
  assert.equal(snap({ status: "in_progress", ...driver }).phase, "trip");
  assert.deepEqual(snap({ status: "completed", ...driver, breakdown: { base: 10 } }).receipt.breakdown, [["base", 10]]);
  assert.equal(snap({ status: "no_drivers" }).phase, "nobody");
  assert.deepEqual(snap({ status: "no_show", by: "driver", fee: 30 }).end, { by: "driver", reason: "", fee: 30, noShow: true });
});

test("a snapshot drops what contradicts it and keeps what it does not say", () => {
  const snapshot = { type: "snapshot", recovered: true, status: "pending", fare: 85.5 };
  const searching = told(SEARCHING, snapshot).ride;
  assert.equal(searching.search.round, 1);
  const lostDriver = told(SEARCHING, ASSIGNED, ARRIVED, snapshot).ride;
  assert.deepEqual([lostDriver.phase, lostDriver.driver, lostDriver.waiting, lostDriver.search], ["searching", null, null, null]);
  const rated = { ...told(SEARCHING, ASSIGNED, COMPLETED).ride, rated: true };
  const again = reduce(rated, { type: "snapshot", recovered: false, status: "completed", fare: 89.5, payment_status: "cash" }, { now: 0, wall: 0 });
  assert.deepEqual([again.rated, again.receipt.breakdown.length], [true, 4]);
});

test("coming back is told with what matters, a first snapshot is not", () => {
  const accepted = { type: "snapshot", recovered: true, status: "accepted", driver_id: "d1", driver_name: "Michael Brown", eta_s: 180 };
  assert.equal(told(SEARCHING, ASSIGNED, accepted).said.text.replace(/\u00a0/g, " "), "Back. Michael arrives in 3 min.");
  assert.equal(told(accepted).said, null);
});

test("what is kept for a reload has no time of a clock that begins anew", () => {
  const kept = withoutClocks({ ...told(SEARCHING, ASSIGNED, ARRIVED).ride, cancelling: true });
  assert.deepEqual([kept.waiting.freeUntil, kept.waiting.noShowAt, kept.cancel, kept.eta, kept.cancelling], [null, null, kept.cancel, null, false]);
  assert.equal(withoutClocks(told(SEARCHING).ride).search.ends, null);
  assert.equal(withoutClocks(told(SEARCHING, ASSIGNED).ride).cancel, null, "whether it is free yet is not known");
});

test("plates and pins are read letter by letter", () => {
  assert.equal(spelled("CA 999 GP"), "C A 9 9 9 G P");
});

test("a quote has a line for any vehicle and one for each type", () => {
  const answer = { quote_id: "q1", fare: 85.5, currency: "ZAR", distance_km: 5.2, duration_minutes: 18, expires_at: "x", ttl_ms: 300_000 };
  assert.deepEqual(trips.offersOf({ ...answer, eta_s: 240 }, 0).map(({ etaS }) => etaS), [240]);
  const offers = trips.offersOf({ ...answer, quotes: [{ ...answer, quote_id: "q2", vehicle_type: "suv", fare: 112 }] }, 500);
  assert.deepEqual(offers.map(({ vehicleType, quoteId, fare, ends }) => [vehicleType, quoteId, fare, ends]), [[null, "q1", 85.5, 300_500], ["suv", "q2", 112, 300_500]]);
});

test("without a tariff a booking names no price, and says how far it is", () => {
  const [any, suv] = trips.withoutTariff(HOME, STATION, ["suv"]);
  assert.deepEqual([any.vehicleType, any.fare, suv.vehicleType], [null, null, "suv"]);
  assert.ok(Math.abs(any.km - 1.62) < 0.02, String(any.km));
  const body = trips.bookingOf({ pickup: HOME, dropoff: STATION, pickupAt: null }, any, { payment: "cash", note: " blue gate ", vehicleType: null }, null);
  assert.deepEqual([body.fare_amount, body.note, "quote_id" in body, "payment_method" in body], [0, "blue gate", false, false]);
});

test("a booking names its quote, its time, the card, and who rides where nobody logs in", () => {
  const offer = { ...trips.withoutTariff(HOME, STATION, [])[0], quoteId: "q1", fare: 85.5 };
  const at = "2026-12-01T10:00:00.000Z";
  const body = trips.bookingOf({ pickup: HOME, dropoff: STATION, pickupAt: at }, offer, { payment: "card", note: "", vehicleType: "suv" }, { name: "Sarah", phone: "123" });
  const { quote_id, fare_amount, pickup_at, payment_method, vehicle_type, passenger_name, passenger_phone } = body;
  assert.deepEqual([quote_id, fare_amount, pickup_at, payment_method, vehicle_type, passenger_name, passenger_phone], ["q1", 85.5, at, "card", "suv", "Sarah", "123"]);
});

test("two numbers are a point, other words are not", () => {
  assert.deepEqual(trips.typedPoint("60.1699, 24.9384"), { name: "60.1699, 24.9384", lat: 60.1699, lon: 24.9384 });
  assert.deepEqual([trips.typedPoint("12 Long St"), trips.typedPoint("91, 20"), trips.typedPoint("")], [null, null, null]);
});

test("later is by the clocks of the town, also when they are put forward or back", () => {
  assert.equal(trips.momentAt("2026-12-01", "17:30", "Europe/Helsinki").toISOString(), "2026-12-01T15:30:00.000Z");
  assert.equal(trips.momentAt("2026-07-01", "17:30", "Europe/Helsinki").toISOString(), "2026-07-01T14:30:00.000Z");
  assert.equal(trips.momentAt("2026-12-01", "00:15", "Asia/Kathmandu").toISOString(), "2026-11-30T18:30:00.000Z");
  assert.deepEqual(trips.wallClock(new Date("2026-11-30T23:30:00Z"), "Europe/Helsinki"), { day: "2026-12-01", time: "01:30" });
  assert.deepEqual(trips.daysAhead(new Date("2026-11-30T23:30:00Z"), "Europe/Helsinki").slice(0, 2), ["2026-12-01", "2026-12-02"]);
});

test("how far ahead rides are booked is what the town says, a week at most", () => {
  assert.deepEqual(trips.aheadOf({ schedule_lead_s: 900, schedule_ahead_s: 2_592_000 }), { minutes: 16, days: 7 });
  assert.deepEqual(trips.aheadOf({ schedule_lead_s: 3_600, schedule_ahead_s: 86_400 }), { minutes: 61, days: 1 });
  assert.equal(trips.aheadOf({ schedule_lead_s: 900, schedule_ahead_s: 600 }), null);
  assert.equal(trips.daysAhead(new Date("2026-11-30T23:30:00Z"), "Europe/Helsinki", 1).length, 2);
});

test("places of before come once each, the newest first", () => {
  const ride = (name, at) => ({ dropoff_address: name, dropoff_latitude: 1, dropoff_longitude: 2, requested_at: at });
  const places = trips.recentPlaces([ride("B", "3"), ride("A", "2"), ride("B", "1"), ride("", "0"), ride("C", "0"), ride("D", "0")]);
  assert.deepEqual(places.map(({ name, at }) => name + at), ["B3", "A2", "C0"]);
});

test("whoever types before the streets have come is told once they are there", async () => {
  const lazy = new LazyStreets();
  let found = lazy.find("mann");
  const asked = lazy.ready.then(() => (found = lazy.find("mann")));
  assert.deepEqual(found, []);
  lazy.use({ find: (typed) => [{ name: typed }], nearest: () => null, prepare() {} });
  await asked;
  assert.deepEqual(found, [{ name: "mann" }]);
});
