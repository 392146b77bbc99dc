/** The board of the desk: what each frame changes, and what a driver or ride is drawn as. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Board, COMING, FREE, KINDS, NEEDS, NOBODY, OFF, OFFERED, TRIP, ageS, kindOfRide } from "../../dispatch/web/desk/board.js";

const AT = "2026-11-30T12:00:00.000Z";
const ALARM = { unasked_s: 60, waiting_s: 120 };

function ride(id, more = {}) {
  return { ride_id: id, status: "pending", requested_at: AT, passenger_name: "Ann", pickup_latitude: 60, pickup_longitude: 24, pickup_address: "A", dropoff_latitude: 60, dropoff_longitude: 25, dropoff_address: "B", ...more };
}

function driver(slot, id, { status = "available", connected = true, fresh = true, lat = 6_016_000, lon = 2_494_000, on = null } = {}) {
  return [slot, id, status, connected, fresh, lat, lon, on, "sedan"];
}

function whole({ drivers = [], rides = [] } = {}) {
  const board = new Board();
  board.hear({ type: "board", number: 7, at: AT, beat_ms: 1_000, drivers, rides }, 0);
  return board;
}

function changed(board, number, { drivers = [], rides = [], gone = [] }) {
  return board.hear({ type: "board_changed", number, at: AT, gone, drivers, rides }, 100);
}

test("each driver is drawn by what it needs", () => {
  const board = whole({
    rides: [ride("r1", { asked: ["asked"] }), ride("r2", { status: "in_progress", driver_id: "trip" }), ride("r3", { status: "accepted", driver_id: "coming" })],
    drivers: [
      driver(0, "free"),
      driver(1, "asked"),
      driver(2, "coming", { status: "busy", on: "r3" }),
      driver(3, "trip", { status: "busy", on: "r2" }),
      driver(4, "lost", { status: "busy", on: "r3", connected: false }),
      driver(5, "stale", { fresh: false }),
      driver(6, "off", { status: "offline", connected: false }),
    ],
  });
  assert.deepEqual([...board.kind.subarray(0, board.slots)], [FREE, OFFERED, COMING, TRIP, NEEDS, OFF, OFF]);
  assert.deepEqual([...board.counts], [1, 1, 1, 1, 1, 2]);
});

test("an offer that goes out or closes draws its driver anew, without a row of the driver", () => {
  const board = whole({ drivers: [driver(0, "d")], rides: [ride("r")] });
  changed(board, 8, { rides: [ride("r", { asked: ["d"] })] });
  assert.equal(board.kind[0], OFFERED);
  changed(board, 9, { rides: [ride("r")] });
  assert.equal(board.kind[0], FREE);
});

test("a car stands at the pickup from its arrival until the trip begins", () => {
  const at = (status) => ride("r", { status, driver_id: "d" });
  const board = whole({ drivers: [driver(0, "d", { status: "busy", on: "r" })], rides: [at("accepted")] });
  const stands = ["accepted", "arrived", "in_progress"].map((status, index) => {
    changed(board, 8 + index, { rides: [at(status)] });
    return board.stands[0];
  });
  assert.deepEqual(stands, [0, 1, 0]);
});

test("a driver who sleeps is off until a push asks them", () => {
  const board = whole({ drivers: [driver(0, "d", { status: "asleep", connected: false, fresh: false })], rides: [ride("r")] });
  assert.equal(board.kind[0], OFF);
  changed(board, 8, { rides: [ride("r", { asked: ["d"] })] });
  assert.equal(board.kind[0], OFFERED);
});

test("a ride that is over leaves the board and is told once", () => {
  const board = whole({ rides: [ride("r", { asked: ["d"] })], drivers: [driver(0, "d")] });
  const heard = changed(board, 8, { rides: [ride("r", { status: "no_drivers" })] });
  assert.deepEqual(heard.rides.map(({ status }) => status), ["no_drivers"]);
  assert.equal(board.rides.size, 0);
  assert.equal(board.kind[0], FREE);
});

test("steps move the drivers that they name, each from where it was", () => {
  const board = whole({ drivers: [driver(0, "a"), driver(1, "b"), driver(2, "c")] });
  board.hear({ type: "board_moved", number: 8, at: AT, moved: [1, 5, -3, 2, 100, 0] }, 50);
  assert.deepEqual(board.place(0), { lat: 60.16005, lon: 24.93997 });
  assert.deepEqual(board.place(1), { lat: 60.16, lon: 24.94 });
  assert.deepEqual(board.place(2), { lat: 60.161, lon: 24.94 });
});

test("a slot that is given again is another driver's", () => {
  const board = whole({ drivers: [driver(0, "a"), driver(1, "b")] });
  changed(board, 8, { gone: [0] });
  assert.equal(board.kind[0], NOBODY);
  assert.equal(board.slotOf.has("a"), false);
  changed(board, 9, { drivers: [driver(0, "c", { lat: null, lon: null, fresh: false })] });
  assert.deepEqual([board.ids[0], board.place(0), board.kind[0]], ["c", null, OFF]);
  assert.deepEqual([...board.counts], [0, 0, 0, 1, 0, 1]);
});

test("a missing frame is a fault and changes nothing; a new board begins anew", () => {
  const board = whole({ drivers: [driver(0, "a")] });
  assert.equal(changed(board, 9, { gone: [0] }).fault, true);
  assert.equal(board.counts[FREE], 1);
  board.hear({ type: "board", number: 0, at: AT, beat_ms: 500, drivers: [driver(3, "z")], rides: [] }, 0);
  assert.deepEqual([board.beatMs, board.slots, board.counts[FREE], board.slotOf.size], [500, 4, 1, 1]);
});

test("five thousand drivers fit, and a beat of all of them takes little", () => {
  const drivers = Array.from({ length: 5_000 }, (_, slot) => driver(slot, `d${slot}`));
  const board = whole({ drivers });
  const moved = drivers.flatMap(() => [1, 1, 1]);
  board.hear({ type: "board_moved", number: 8, at: AT, moved }, 1);
  assert.equal(board.counts[FREE], 5_000);
  assert.deepEqual(board.place(4_999), { lat: 60.16001, lon: 24.94001 });
});

test("a search needs a person after a minute without an offer, or two in all", () => {
  const start = Date.parse(AT);
  const kind = (row, s) => KINDS[kindOfRide(row, start + s * 1_000, ALARM)];
  assert.equal(kind(ride("r"), 119), "offered");
  assert.equal(kind(ride("r"), 120), "needs");
  assert.equal(kind(ride("r", { unasked_since: AT }), 59), "offered");
  assert.equal(kind(ride("r", { unasked_since: AT }), 60), "needs");
  assert.equal(kind(ride("r", { status: "arrived" }), 600), "coming");
  assert.equal(kind(ride("r", { status: "scheduled" }), 600), "off");
});

test("ages are read on the server's clock, whatever the page's own says", () => {
  const board = whole({ rides: [ride("r")] });
  assert.equal(ageS(ride("r"), board.serverNow(2_500)), 2.5);
  assert.equal(ageS(ride("r", { requested_at: null }), board.serverNow(2_500)), 0);
});
