/** What a driver's page shows after each message, and which touches count. Time is made by hand here. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { counts } from "../../dispatch/web/driver/guard.js";
import { begin, reduce, screenOf, toKeep } from "../../dispatch/web/driver/state.js";

const OFFER = {
  type: "ride_request", seq: 3, epoch: "e", ride_id: "r1", offer_id: "o1", round: 1, passenger_name: "Sarah", passenger_phone: "2782•••4567",
  pickup_address: "123 Main St", dropoff_address: "Oak Ave, Sandton", pickup_latitude: -26.2, pickup_longitude: 28.04, dropoff_latitude: -26.18,
  dropoff_longitude: 28.05, distance: 5.2, fare: 85.5, currency: "ZAR", estimated_duration: 18, expires_at: "2020-01-01T00:00:00Z", ttl_ms: 30_000,
  pickup_distance_m: 1_300, pickup_eta_s: 240,
};
const CARD = {
  ride_id: "r1", passenger_name: "Sarah Johnson", passenger_phone: "27821234567", pickup_address: "123 Main St", dropoff_address: "456 Oak Ave",
  pickup_latitude: -26.2, pickup_longitude: 28.04, dropoff_latitude: -26.18, dropoff_longitude: 28.05, distance: 5.2, fare: 85.5, currency: "ZAR",
  estimated_duration: 18, pin_required: true,
};
const ACCEPTED = { type: "ride_accepted", seq: 4, epoch: "e", ...CARD };
const ARRIVED = { type: "driver_arrived", ride_id: "r1", waiting_free_ttl_ms: 120_000, waiting_per_minute: 2, no_show_ttl_ms: 300_000, no_show_fee: 20 };
const COMPLETED = {
  type: "ride_completed", ride_id: "r1", fare: 89.5, currency: "ZAR", breakdown: { base: 85.5, waiting: 4 }, distance_km: 5.2, duration_minutes: 18,
  payment_status: "cash",
};
const OPEN = { type: "page:link", state: "open", why: null, since: 0 };
const OFF_LINK = { type: "page:link", state: "waiting", why: null };

let now;
let clock;
beforeEach(() => {
  now = 10_000;
  clock = { now: () => now, wall: () => now + 5_000_000, roundTripMs: 200 };
});
const snapshot = (more = {}) => ({ type: "snapshot", status: "available", offer: null, ride: null, recovered: false, ...more });
const after = (state, ...messages) => messages.reduce((last, message) => reduce(last, message, clock), state);
const online = () => after(begin({ online: true }), OPEN, snapshot());
const stepped = (step, id = "c1") => ({ type: "page:stepped", step, rideId: "r1", id });
const refused = (code, more = {}) => ({ type: "page:step_refused", id: "c1", problem: { code, message: "no", retryAfterMs: null, ...more } });

test("each message of a ride has its screen", () => {
  let state = begin({ online: true });
  assert.equal(screenOf(state), "loading");
  const seen = [];
  for (const message of [OPEN, snapshot(), OFFER, ACCEPTED, ARRIVED, { type: "ride_started", ride_id: "r1" }, COMPLETED, { type: "page:ready" }]) {
    state = reduce(state, message, clock);
    seen.push(screenOf(state));
  }
  assert.deepEqual(seen, ["loading", "waiting", "waiting", "pickup", "arrived", "trip", "done", "waiting"]);
});

test("a driver whom nobody has seen before is off, and so is one who said so", () => {
  assert.equal(screenOf(after(begin({ online: true }), OPEN, { type: "page:unknown" })), "offline");
  assert.equal(screenOf(after(begin({ online: true }), OPEN, snapshot({ status: "unavailable" }))), "offline");
});

test("a server that tells nothing for a while has nothing to tell", () => {
  const state = after(begin(), { ...OPEN, since: now });
  now += 1_400;
  assert.equal(screenOf(reduce(state, { type: "page:tick" }, clock)), "loading");
  now += 100;
  assert.equal(screenOf(reduce(state, { type: "page:tick" }, clock)), "offline");
});

test("a new page does not go online by itself, but tells a server that believes so", () => {
  const state = after(begin(), OPEN, snapshot({ status: "available" }));
  assert.equal(screenOf(state), "offline");
  assert.equal(state.tellOff, true);
  assert.equal(reduce(state, { type: "page:told_off" }, clock).tellOff, false);
  assert.equal(online().tellOff, false);
});

test("a new page with a ride or a request on is online, and says nothing else", () => {
  for (const more of [{ offer: OFFER }, { status: "busy", ride: { ...CARD, status: "accepted" } }]) {
    const state = after(begin(), OPEN, snapshot(more));
    assert.deepEqual([state.online, state.tellOff], [true, false]);
  }
});

test("what is left of a request is its ttl less half a round trip, whatever the phone's clock says", () => {
  const [offer] = after(online(), OFFER).offers;
  assert.equal(offer.left.leftMs, 29_900);
  now += 29_000;
  assert.equal(offer.left.leftS, 1);
  now += 5_000;
  assert.equal(offer.left.leftMs, 0);
});

test("after a sleep or on a new link what is left is unknown until the server says it again", () => {
  for (const doubt of [{ type: "page:woke" }, OPEN]) {
    const state = after(online(), OFFER, doubt);
    assert.equal(state.offers[0].unsure, true);
    const again = after(state, snapshot({ offer: { ...OFFER, ttl_ms: 9_000 } }));
    assert.deepEqual([again.offers[0].unsure, again.offers[0].left.leftMs], [false, 8_900]);
    assert.equal(again.offers[0].ttlMs, 30_000, "the ring goes on from where it was");
  }
});

test("a request that is told again keeps the time at which it was shown, and the answer", () => {
  const state = after(online(), OFFER, { type: "page:answered", offer_id: "o1", kind: "accept", id: "c" });
  now += 5_000;
  const [offer] = after(state, OPEN, snapshot({ offer: { ...OFFER, ttl_ms: 20_000 } })).offers;
  assert.deepEqual([offer.shownAt, offer.answer], [10_000, { kind: "accept", id: "c" }]);
});

test("the reason of a closed request stands for 4 s, and then among the last ones", () => {
  let state = after(online(), OFFER, { type: "offer_closed", ride_id: "r1", offer_id: "o1", reason: "taken" });
  assert.deepEqual([state.offers.length, state.closed.reason], [0, "taken"]);
  now += 3_999;
  assert.equal(reduce(state, { type: "page:tick" }, clock).closed.reason, "taken");
  now += 1;
  state = reduce(state, { type: "page:tick" }, clock);
  assert.equal(state.closed, null);
  assert.deepEqual(state.last.map(({ reason, pickup }) => [reason, pickup]), [["taken", "123 Main St"]]);
});

test("the closing of a request that is not there changes nothing", () => {
  const state = online();
  assert.deepEqual(after(state, { type: "offer_closed", ride_id: "r1", offer_id: "o0", reason: "taken" }), state);
});

test("at its end a request stays open: an accept may still win", () => {
  const state = after(online(), OFFER);
  now += 33_000;
  assert.equal(reduce(state, { type: "page:tick" }, clock).offers.length, 1);
  assert.ok(state.offers[0].silence.leftMs > 0);
  now += 2_000;
  assert.equal(state.offers[0].silence.leftMs, 0);
});

test("12 s without link close a request, 11 do not, and tries to come back do not begin anew", () => {
  let state = after(online(), OFFER, { ...OFF_LINK, since: now });
  now += 11_000;
  state = after(state, { type: "page:link", state: "connecting", why: null, since: now }, { type: "page:tick" });
  assert.equal(state.offers.length, 1);
  now += 1_000;
  state = reduce(state, { type: "page:tick" }, clock);
  assert.deepEqual([state.offers.length, state.closed.reason], [0, "no_link"]);
});

test("a snapshot without the request closes it", () => {
  const state = after(online(), OFFER, snapshot());
  assert.deepEqual([state.offers.length, state.closed.reason, state.last[0].reason], [0, "gone", "gone"]);
});

test("a touch on Accept counts only if it began 700 ms after the dialog came up, 1.5 s right after going online", () => {
  assert.equal(after(online(), OFFER).offers[0].guardMs, 700);
  const state = after(online(), { type: "page:switched", online: true });
  now += 1_400;
  assert.equal(after(state, OFFER).offers[0].guardMs, 1_500);
  now += 200;
  assert.equal(after(state, OFFER).offers[0].guardMs, 700);
});

test("the second request is shown when the first is closed, and only then its guard begins", () => {
  const second = { ...OFFER, ride_id: "r2", offer_id: "o2" };
  let state = after(online(), OFFER, second);
  assert.deepEqual(state.offers.map(({ shownAt }) => shownAt), [10_000, null]);
  now += 3_000;
  state = after(state, { type: "offer_closed", ride_id: "r1", offer_id: "o1", reason: "declined" });
  assert.deepEqual(state.offers.map(({ offer_id, shownAt }) => [offer_id, shownAt]), [["o2", 13_000]]);
});

test("a new offer of the same ride takes the place of the old one", () => {
  const state = after(online(), OFFER, { ...OFFER, offer_id: "o2", fare: 90 });
  assert.deepEqual(state.offers.map(({ offer_id, fare }) => [offer_id, fare]), [["o2", 90]]);
});

test("a touch that began on something else, too early, or ended elsewhere does not count", () => {
  const touch = { began: 700, ended: 750, guardedUntil: 700, inside: true };
  assert.equal(counts(touch), true);
  assert.equal(counts({ ...touch, began: 699 }), false);
  assert.equal(counts({ ...touch, began: null }), false);
  assert.equal(counts({ ...touch, inside: false }), false);
});

test("a tap changes no ride: the server's message does", () => {
  const state = after(online(), ACCEPTED, stepped("arrived"));
  assert.equal(screenOf(state), "pickup");
  assert.equal(state.sent.step, "arrived");
  assert.equal(screenOf(after(state, ARRIVED)), "arrived");
});

test("a step that a snapshot makes void is not waited for", () => {
  const state = after(online(), ACCEPTED, stepped("arrived"));
  assert.equal(after(state, snapshot({ status: "busy", ride: { ...CARD, status: "accepted" } })).sent.id, "c1");
  assert.equal(after(state, snapshot({ status: "busy", ride: { ...CARD, status: "arrived" } })).sent, null);
  assert.equal(after(state, snapshot()).sent, null);
});

test("a reload finds the clocks of waiting in the snapshot", () => {
  const state = after(begin(), OPEN, snapshot({ status: "busy", ride: { ...CARD, ...ARRIVED, status: "arrived" } }));
  assert.deepEqual([state.ride.waiting.free.leftMs, state.ride.waiting.noShow.leftMs], [119_900, 299_900]);
  assert.deepEqual([state.ride.waiting.perMinute, state.ride.waiting.noShowFee], [2, 20]);
});

test("how long the driver has waited outlives a reload, and so does what it costs", () => {
  const arrived = after(online(), ACCEPTED, ARRIVED);
  assert.deepEqual([arrived.ride.waiting.since, arrived.ride.waiting.freeEndsAt], [10_000, 130_000]);
  const kept = JSON.parse(JSON.stringify(toKeep(arrived)));
  now = 500; // a new page counts anew
  clock.wall = () => 5_010_000 + 150_000;
  const over = { ...CARD, ...ARRIVED, status: "arrived", waiting_free_ttl_ms: 0, no_show_ttl_ms: 150_000 };
  const { waiting } = after(begin(kept), OPEN, snapshot({ status: "busy", ride: over })).ride;
  assert.deepEqual([now - waiting.since, now - waiting.freeEndsAt], [150_000, 30_000]);
});

test("a page that has kept nothing knows from the server's times for how long waiting has cost at least", () => {
  const times = { waiting_free_until: "2026-11-30T12:00:00Z", no_show_at: "2026-11-30T12:03:00Z" };
  const over = { ...CARD, ...ARRIVED, ...times, status: "arrived", waiting_free_ttl_ms: 0, no_show_ttl_ms: 170_000 };
  const { waiting } = after(begin(), OPEN, snapshot({ status: "busy", ride: over })).ride;
  assert.deepEqual([waiting.since, now - waiting.freeEndsAt], [null, 10_000]);
});

test("a wrong pin stands at its field with what is left, and a lock has its clock", () => {
  const waiting = after(online(), ACCEPTED, ARRIVED, stepped("start_ride"));
  assert.deepEqual(after(waiting, refused("wrong_pin", { triesLeft: 2 })).ride.pin, { triesLeft: 2, locked: null });
  const locked = after(waiting, refused("wrong_pin", { triesLeft: 0, retryAfterMs: 60_100 }));
  assert.deepEqual([locked.ride.pin.triesLeft, locked.ride.pin.locked.leftMs, locked.sent], [0, 60_000, null]);
});

test("too early sets the clock of the no-show; another refusal stands at its button until the next step", () => {
  const waiting = after(online(), ACCEPTED, ARRIVED, stepped("no_show"));
  assert.equal(after(waiting, refused("too_early", { retryAfterMs: 8_100 })).ride.waiting.noShow.leftMs, 8_000);
  const state = after(waiting, refused("illegal_now"));
  assert.deepEqual([state.problems.no_show.error.code, state.sent], ["illegal_now", null]);
  assert.deepEqual(after(state, stepped("no_show", "c2")).problems, {});
});

test("a step's answer that comes late does not end a newer step", () => {
  const state = after(online(), ACCEPTED, stepped("arrived", "c2"));
  assert.equal(after(state, { type: "page:step_over", id: "c1" }).sent.id, "c2");
  assert.equal(after(state, refused("illegal_now")).sent.id, "c2");
});

test("the sum to collect is the server's, and a reload keeps it until the driver is ready", () => {
  const state = after(online(), ACCEPTED, ARRIVED, { type: "ride_started", ride_id: "r1" }, COMPLETED);
  assert.deepEqual([state.done.fare, state.done.name, state.done.payment], [89.5, "Sarah Johnson", "cash"]);
  const reloaded = after(begin(JSON.parse(JSON.stringify(toKeep(state)))), OPEN, snapshot());
  assert.equal(screenOf(reloaded), "done");
  assert.equal(screenOf(after(reloaded, { type: "page:ready" })), "waiting");
});

test("a request over the done screen closes back to it, and an accept ends it", () => {
  const done = after(online(), ACCEPTED, COMPLETED, { ...OFFER, ride_id: "r2", offer_id: "o2" });
  assert.deepEqual([screenOf(done), done.offers.length], ["done", 1]);
  assert.equal(screenOf(after(done, { ...ACCEPTED, ride_id: "r2" })), "pickup");
});

test("a card that is declined after the end is told on the done screen", () => {
  const state = after(online(), ACCEPTED, { ...COMPLETED, payment_status: "pending" });
  assert.equal(after(state, { type: "payment", ride_id: "r1", status: "declined", amount: 89.5, currency: "ZAR" }).done.payment, "declined");
  assert.equal(after(state, { type: "payment", ride_id: "r9", status: "declined", amount: 1, currency: "ZAR" }).done.payment, "pending");
});

test("a ride that is cancelled says by whom and the fee, and the driver is online again", () => {
  const state = after(online(), ACCEPTED, { type: "ride_cancelled", ride_id: "r1", by: "passenger", reason: "", fee: 20, currency: "ZAR" });
  assert.equal(screenOf(state), "waiting");
  assert.deepEqual([state.news.by, state.news.fee, state.news.name], ["passenger", 20, "Sarah Johnson"]);
});

test("a ride that ended while nothing was heard says so", () => {
  const state = after(online(), ACCEPTED, snapshot());
  assert.deepEqual([state.ride, state.news], [null, { what: "gone" }]);
});

test("a driver whose file keeps requests away is told so until a snapshot says that it is over", () => {
  const state = after(online(), { type: "no_offers", reason: "document_ended", document: "licence" });
  assert.deepEqual(state.heldBack, { reason: "document_ended", document: "licence" });
  assert.deepEqual(after(state, snapshot({ status: "document_ended" })).heldBack, { reason: "document_ended", document: "licence" });
  assert.equal(after(state, snapshot()).heldBack, null);
});

test("a driver who is held back by their file stays online over a reload, and gets requests again once it is in order", () => {
  const heldBack = { type: "no_offers", reason: "document_ended", document: "licence" };
  const reloaded = after(begin({ online: true }), snapshot({ status: "unavailable" }), heldBack);
  assert.deepEqual([reloaded.online, screenOf(reloaded)], [true, "waiting"]);
  const renewed = after(reloaded, snapshot());
  assert.deepEqual([renewed.online, renewed.tellOff, renewed.heldBack], [true, false, null]);
  assert.equal(after(begin({ online: true }), snapshot({ status: "unavailable" })).online, false);
  assert.equal(after(begin(), snapshot({ status: "unavailable" }), heldBack).online, false);
});

test("a document that has ended does not end soon any more", () => {
  const soon = { type: "document_expiring", document: "licence", expires_at: "2026-12-05T00:00:00Z", ttl_ms: 1 };
  assert.deepEqual(after(online(), soon, { type: "no_offers", reason: "document_ended", document: "licence" }).ending, []);
});

test("a document that ends soon is told once, however often it is said", () => {
  const soon = { type: "document_expiring", document: "licence", expires_at: "2026-12-05T00:00:00Z", ttl_ms: 1 };
  assert.equal(after(online(), soon, soon, { ...soon, document: "insurance" }).ending.length, 2);
});

test("warnings on the way end at the pickup, but for the one that the pickup is far", () => {
  const onWay = after(online(), ACCEPTED, { type: "warning", ride_id: "r1", reason: "standing_still" });
  assert.equal(onWay.ride.warning, "standing_still");
  assert.equal(after(onWay, ARRIVED).ride.warning, null);
  const far = after(online(), ACCEPTED, { type: "warning", ride_id: "r1", reason: "far_from_pickup" }, ARRIVED);
  assert.equal(far.ride.warning, "far_from_pickup");
});

test("the desk's new fare and note reach the ride", () => {
  const state = after(online(), ACCEPTED, { type: "fare_changed", ride_id: "r1", fare: 70, reason: "agreed" }, { type: "note_changed", ride_id: "r1", note: "blue gate" });
  assert.deepEqual([state.ride.fare, state.ride.note], [70, "blue gate"]);
});

test("a socket that another page took shows that, and one that ended for good its end", () => {
  const end = (why) => screenOf(after(online(), ACCEPTED, { type: "page:link", state: "closed", why, since: now }));
  assert.deepEqual(["replaced", "logged-out", "stopped", "forbidden"].map(end), ["replaced", "ended", "ended", "ended"]);
});

test("an unknown message changes nothing", () => {
  const state = online();
  assert.equal(reduce(state, { type: "something_new" }, clock), state);
});
