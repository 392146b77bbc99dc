/** The page for app developers, where it needs no browser: rows of frames, copies of a connection, ticks of a scenario. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { copyOf, LANGUAGES } from "../../dispatch/web/developer/copies.js";
import { begun, missingOf, SCENARIOS, tick } from "../../dispatch/web/developer/scenarios.js";
import { isShown, LONGEST_LOG, reduce, START } from "../../dispatch/web/developer/state.js";
import { tripIn } from "../../dispatch/web/developer/stage.js";
import { tapped } from "../../dispatch/web/developer/tap.js";

/** The state after these frames came to the driver. */
function after(...frames) {
  return frames.reduce((state, frame) => reduce(state, { kind: "passed", passed: passed(frame) }), START);
}

function passed(frame, way = "in", who = "driver") {
  return { who, way, text: typeof frame === "string" ? frame : JSON.stringify(frame), at: 0 };
}

const rowOf = (frame, way, who) => reduce(START, { kind: "passed", passed: passed(frame, way, who) }).rows[0];
const streamed = (seq, more = {}) => ({ type: "ride_request", seq, epoch: "e", ...more });

test("a row has the type, the number and the bytes of its frame", () => {
  const [row] = after(streamed(7, { note: "é" })).rows;
  assert.deepEqual([row.type, row.seq, row.bytes, row.mark], ["ride_request", 7, new TextEncoder().encode(JSON.stringify(streamed(7, { note: "é" }))).length, null]);
});

test("a number that is missing in a stream is marked, with how many are", () => {
  const rows = after(streamed(1), streamed(4), streamed(5)).rows;
  assert.deepEqual(rows.map((row) => [row.mark, row.missing]), [[null, 0], ["gap", 2], [null, 0]]);
});

test("a snapshot that tells all, another epoch and a number that came before are no gaps", () => {
  const whole = { type: "snapshot", recovered: false };
  const rows = after(streamed(1), streamed(9, whole), streamed(3), streamed(10), streamed(40, { epoch: "f" })).rows;
  assert.deepEqual(rows.map((row) => row.mark), [null, null, null, null, null]);
});

test("errors and what the server closed are marked, a close of our own is not", () => {
  assert.equal(rowOf({ type: "error", code: "bad_field" }).mark, "error");
  assert.equal(rowOf("closed 4504", "link").mark, "error");
  assert.equal(rowOf("closed 1005", "link").mark, null);
  assert.equal(rowOf("no JSON").mark, "error");
});

test("a token is on no row", () => {
  const row = rowOf({ type: "authenticate", token: "eyJhbGciOi" }, "out");
  assert.ok(!JSON.stringify(row).includes("eyJ"));
  assert.equal(row.frame.token, "•••");
});

test("what comes while the rows are stopped is held, and follows later", () => {
  let state = reduce(after(streamed(1)), { kind: "stop" });
  state = reduce(state, { kind: "passed", passed: passed(streamed(2)) });
  assert.deepEqual([state.rows.length, state.held.length], [1, 1]);
  state = reduce(state, { kind: "go" });
  assert.deepEqual([state.rows.map((row) => row.seq), state.held.length, state.stopped], [[1, 2], 0, false]);
});

test("the youngest rows are kept", () => {
  const state = after(...Array.from({ length: LONGEST_LOG + 3 }, (_, index) => streamed(index + 1)));
  assert.deepEqual([state.rows.length, state.rows[0].seq], [LONGEST_LOG, 4]);
});

test("a filter hides pings, other people and other words, and never what is wrong", () => {
  const shown = (frame, filter, who = "driver") => isShown(rowOf(frame, "in", who), { ...START.filter, ...filter });
  assert.equal(shown({ type: "pong" }, {}), false);
  assert.equal(shown({ type: "pong" }, { noise: true }), true);
  assert.equal(shown(streamed(1), { who: "passenger" }), false);
  assert.equal(shown(streamed(1), { words: "REQUEST" }), true);
  assert.equal(shown(streamed(1), { words: "snapshot" }), false);
  assert.equal(shown({ type: "error" }, { words: "snapshot" }), true);
});

test("a copy shows the token in a header or a subprotocol, never in the address", () => {
  const url = "ws://127.0.0.1:8067/ws/driver/d1/";
  for (const language of LANGUAGES) {
    const text = copyOf(language, { url, token: "SECRET" });
    assert.ok(text.includes(url) && text.includes("SECRET"), language);
    assert.match(text, /Authorization.*Bearer|"dispatch\.v1", `bearer\./, language);
    for (const address of text.match(/wss?:\/\/[^\s'"]+/g) ?? []) assert.equal(address, url);
    assert.doesNotMatch(copyOf(language, { url, token: null }), /bearer|token/i, language);
  }
});

test("the ride of a scenario stays within the town, however small that is", () => {
  for (const wide of [0.002, 0.018, 0.5]) {
    const town = { south: 60, west: 25 - wide, north: 60 + wide, east: 25 };
    const { pickup_latitude, pickup_longitude, dropoff_latitude, dropoff_longitude } = tripIn(town);
    for (const lat of [pickup_latitude, dropoff_latitude]) assert.ok(lat > town.south && lat < town.north, `${wide}`);
    for (const lon of [pickup_longitude, dropoff_longitude]) assert.ok(lon > town.west && lon < town.east, `${wide}`);
  }
});

test("steps are ticked in whatever order they come, each once, and only by frames of that ride", () => {
  let progress = begun("expire", "r1");
  const see = (frame, way, who) => (progress = tick(progress, rowOf(frame, way, who)));
  see({ type: "ride_request", ride_id: "r2" });
  assert.ok(!progress.ticked.includes(true));
  see({ type: "ride_request", ride_id: "r1" });
  see({ type: "find_driver" }, "out", "passenger");
  see({ type: "searching", ride_id: "r1" }, "in", "passenger");
  see({ type: "offer_closed", ride_id: "r1", reason: "taken" });
  assert.deepEqual([progress.ticked, progress.state], [[true, true, true, false], "running"]);
  assert.equal(missingOf(progress), "offer_closed expired");
  see({ type: "offer_closed", ride_id: "r1", reason: "expired" });
  assert.equal(progress.state, "done");
});

test("every scenario ends with its last step", () => {
  for (const [name, steps] of Object.entries(SCENARIOS)) {
    let progress = begun(name, "r1");
    for (const { who, way, type, has } of steps) progress = tick(progress, rowOf(way === "link" ? type : { type, ...has }, way, who));
    assert.equal(progress.state, "done", name);
  }
});

test("a tapped socket tells what passes, whose it is, and how it ends", () => {
  class Socket extends EventTarget {
    sent = [];
    constructor(url) {
      super();
      this.url = url;
    }
    send(data) {
      this.sent.push(data);
    }
  }
  const heard = [];
  const Tapped = tapped(Socket, (one) => heard.push([one.who, one.way, one.text]), () => 0);
  const socket = new Tapped("ws://localhost/ws/ride/r1/");
  socket.dispatchEvent(new Event("open"));
  socket.send("a");
  socket.dispatchEvent(Object.assign(new Event("message"), { data: "b" }));
  socket.dispatchEvent(Object.assign(new Event("close"), { code: 4504 }));
  assert.deepEqual(heard, [
    ["passenger", "link", "open"],
    ["passenger", "out", "a"],
    ["passenger", "in", "b"],
    ["passenger", "link", "closed 4504"],
  ]);
  assert.deepEqual(socket.sent, ["a"]);
});
