/** The points of the desk's map: drawing order, headings, pickups that lie on one another, and what was clicked. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { CHOSEN, clustersOf, MARK, NUMBERS_A_POINT, Points, POINTS, sizeOf, worldX, worldY, WRITTEN } from "../../dispatch/web/map/points.js";
import { rgbOf } from "../../dispatch/web/map/swarm.js";

const CENTRE = { lat: 60.17, lon: 24.94 };
const [NEEDS, OFFERED, COMING, FREE, TRIP, OFF] = POINTS.keys();
const NO_PLACE = -0x80000000;

/** Drivers of these kinds, each a thousandth of a degree east of the one before. */
function fleetOf(...kinds) {
  const east = kinds.map((_, slot) => 2_494_000 + 100 * slot);
  return { slots: kinds.length, latitude: new Int32Array(kinds.length).fill(6_017_000), longitude: Int32Array.from(east), kind: Uint8Array.from(kinds), stands: new Uint8Array(kinds.length) };
}

const drawn = (points) => Array.from({ length: points.count }, (_, at) => Array.from(points.numbers.subarray(at * NUMBERS_A_POINT, (at + 1) * NUMBERS_A_POINT)));
const kindsOf = (points) => drawn(points).map(([, , code]) => code % CHOSEN);

test("who needs a person is drawn last and marked, and who is off is not drawn until asked for", () => {
  const points = new Points(CENTRE);
  points.fleet(fleetOf(FREE, NEEDS, OFF, TRIP, OFFERED, COMING, 255));
  points.fill(14);
  assert.deepEqual(kindsOf(points), [TRIP, FREE, COMING, OFFERED, NEEDS]);
  assert.equal(drawn(points).at(-1)[2], NEEDS + WRITTEN * MARK);
  points.hide(new Set([TRIP]));
  points.fill(14);
  assert.deepEqual(kindsOf(points), [OFF, FREE, COMING, OFFERED, NEEDS]);
});

test("a car at the pickup is marked, so that its arrow stands on a bar", () => {
  const points = new Points(CENTRE);
  const fleet = fleetOf(COMING, COMING, TRIP);
  fleet.stands.set([0, 1, 0]);
  points.fleet(fleet);
  points.fill(14);
  assert.deepEqual(drawn(points).map(([, , code]) => code), [TRIP, COMING, COMING + WRITTEN * MARK]);
});

test("a driver without a position is not drawn", () => {
  const points = new Points(CENTRE);
  const fleet = fleetOf(FREE, FREE);
  fleet.latitude[0] = NO_PLACE;
  points.fleet(fleet);
  points.fill(14);
  assert.equal(points.count, 1);
});

test("a place is exact to a centimetre, as its distance from a point of the town", () => {
  const points = new Points(CENTRE);
  points.fleet(fleetOf(FREE, FREE));
  points.fill(14);
  const metresAround = 40_075_017 * Math.cos((60.17 * Math.PI) / 180);
  for (const [slot, [x, y]] of drawn(points).entries()) {
    assert.ok(Math.abs(x + points.x - worldX(24.94 + slot / 1_000)) * metresAround < 0.01);
    assert.ok(Math.abs(y + points.y - worldY(60.17)) * metresAround < 0.01);
  }
});

test("a car points where it has moved to, and keeps that while it stands", () => {
  const points = new Points(CENTRE);
  const fleet = fleetOf(COMING, COMING, COMING);
  const headings = () => {
    points.fleet(fleet);
    points.fill(14);
    return drawn(points).map(([, , , heading]) => Math.round((heading * 180) / Math.PI));
  };
  assert.deepEqual(headings(), [-57, -57, -57]);
  fleet.latitude[0] += 50;
  fleet.longitude[1] += 50;
  fleet.latitude[2] -= 1;
  assert.deepEqual(headings(), [0, 90, -57]);
  fleet.latitude[0] += 1;
  assert.deepEqual(headings(), [0, 90, -57]);
});

test("whoever gets the slot of somebody who left has no heading of theirs", () => {
  const points = new Points(CENTRE);
  const fleet = fleetOf(COMING);
  for (const [kind, moved] of [[COMING, 0], [COMING, 50], [255, 0], [COMING, 900]]) {
    fleet.kind[0] = kind;
    fleet.latitude[0] += moved;
    points.fleet(fleet);
  }
  points.fill(14);
  assert.equal(drawn(points)[0][3], -1);
});

test("more drivers than before find room, and headings are kept", () => {
  const points = new Points(CENTRE);
  const small = fleetOf(COMING);
  points.fleet(small);
  small.longitude[0] += 50;
  points.fleet(small);
  const large = fleetOf(...Array(600).fill(COMING));
  large.longitude[0] += 50;
  points.fleet(large);
  points.fill(14);
  assert.equal(points.count, 600);
  assert.ok(Math.abs(drawn(points)[0][3] - Math.PI / 2) < 1e-6);
});

test("pickups that lie on one another are one mark of the worst kind with their number, and part when one comes nearer", () => {
  const pickups = [{ id: "a", lat: 60.17, lon: 24.94, kind: OFFERED }, { id: "b", lat: 60.17001, lon: 24.94, kind: NEEDS }, { id: "c", lat: 60.175, lon: 24.94, kind: OFFERED }];
  assert.deepEqual(clustersOf(pickups, 14).map(({ kind, ids }) => [kind, ids]), [[NEEDS, ["b", "a"]], [OFFERED, ["c"]]]);
  assert.equal(clustersOf(pickups, 22).length, 3);
  const points = new Points(CENTRE);
  points.pickups(pickups);
  points.choose({ rideId: "a" });
  points.fill(14);
  assert.deepEqual(drawn(points).map(([, , code]) => code), [OFFERED, NEEDS + CHOSEN + 2 * WRITTEN]);
});

test("a click finds the nearest driver or ride within reach, and all rides of a mark", () => {
  const points = new Points(CENTRE);
  points.fleet(fleetOf(FREE, TRIP, OFF));
  points.pickups([{ id: "a", lat: 60.18, lon: 24.94, kind: OFFERED }, { id: "b", lat: 60.18, lon: 24.94, kind: OFFERED }]);
  points.fill(16);
  const at = (lat, lon) => points.at(worldX(lon), worldY(lat), 16);
  assert.deepEqual(at(60.17, 24.94002), [{ slot: 0 }]);
  assert.deepEqual(at(60.17, 24.94098), [{ slot: 1 }]);
  assert.deepEqual(at(60.17, 24.942), []);
  assert.deepEqual(at(60.1702, 24.9405), []);
  assert.deepEqual(at(60.18, 24.94), [{ rideId: "a" }, { rideId: "b" }]);
});

test("of two at one place what is drawn on top is found first", () => {
  const points = new Points(CENTRE);
  const fleet = fleetOf(NEEDS, FREE);
  fleet.longitude[1] = fleet.longitude[0];
  points.fleet(fleet);
  points.fill(16);
  assert.deepEqual(points.at(worldX(24.94), worldY(60.17), 16), [{ slot: 0 }, { slot: 1 }]);
});

test("sizes grow from zoom 11 to 14", () => {
  assert.deepEqual([5, 11, 12.5, 14, 19].map((zoom) => sizeOf(NEEDS, zoom)), [28, 28, 31, 34, 34]);
});

test("colours of the stylesheet are read in both forms", () => {
  assert.deepEqual(rgbOf("#fff"), [1, 1, 1]);
  assert.deepEqual(rgbOf("#ff0033").map((part) => Math.round(part * 255)), [255, 0, 51]);
});
