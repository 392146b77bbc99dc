/** The socket of an app: what it does when it is lost, and what it never does. Time and the socket are made by hand here. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

import { Connection } from "../../dispatch/web/client/connection.js";

const settled = () => new Promise((resolve) => setImmediate(resolve));
/** @type {FakeSocket[]} */
let sockets;
let now;

class FakeSocket {
  constructor(url, protocols) {
    Object.assign(this, { url, protocols, sent: [], isClosed: false, readyState: 1 });
    sockets.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.isClosed = true;
  }
  hears(message) {
    this.onmessage({ data: JSON.stringify(message) });
  }
}

beforeEach(() => {
  sockets = [];
  now = 0;
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
});

function pass(ms) {
  now += ms;
  mock.timers.tick(ms);
}

const session = { renewals: 0, token: null, accessToken: async () => session.token, renew: async () => (session.renewals++, session.token) };

async function connected(options = {}) {
  Object.assign(session, { renewals: 0, token: null });
  const connection = new Connection({
    url: "ws://x/ws/ride/r/",
    session,
    WebSocket: FakeSocket,
    now: () => now,
    random: () => 1,
    ...options,
  });
  connection.open();
  await opened();
  return connection;
}

async function opened() {
  await settled();
  sockets.at(-1).onopen();
  return sockets.at(-1);
}

test("nothing is sent on a socket that the server is closing", async () => {
  const connection = await connected();
  const socket = sockets[0];
  socket.readyState = 2;
  assert.equal(connection.say("location_update"), false);
  const done = connection.send("arrived");
  assert.deepEqual(socket.sent, []);
  socket.onclose({ code: 1012 });
  pass(500);
  const next = await opened();
  assert.equal(next.sent[0].type, "arrived");
  next.hears({ type: "ack", id: done.id });
  await done;
  connection.close();
});

test("a token goes as a subprotocol, never in the address", async () => {
  const connection = await connected();
  assert.equal(sockets[0].protocols, undefined);
  session.token = "t0k3n";
  sockets[0].onclose({ code: 1006 });
  pass(500);
  const socket = await opened();
  assert.deepEqual(socket.protocols, ["dispatch.v1", "bearer.t0k3n"]);
  assert.ok(!socket.url.includes("t0k3n"));
  connection.close();
});

test("pauses double to 15 s while nobody answers, and begin anew once the server has spoken", async () => {
  const connection = await connected();
  const pauses = [];
  for (let i = 0; i < 7; i++) {
    sockets.at(-1).onclose({ code: 1006 });
    pauses.push(connection.status.retryAt - now);
    pass(pauses.at(-1));
    await opened();
  }
  assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 15000, 15000]);
  sockets.at(-1).hears({ type: "pong" });
  sockets.at(-1).onclose({ code: 1012 });
  assert.equal(connection.status.retryAt - now, 500);
  connection.close();
});

test("an answer ends a command; one without an answer is sent again with the same id, in order", async () => {
  const connection = await connected();
  const first = connection.send("find_driver", { note: "a" });
  const second = connection.send("cancel_ride");
  sockets[0].hears({ type: "ack", id: first.id, result: "ok" });
  assert.equal((await first).result, "ok");
  sockets[0].onclose({ code: 1006 });
  const third = connection.send("rate_driver", { rating: 5 });
  pass(500);
  const socket = await opened();
  assert.deepEqual(socket.sent, [
    { type: "cancel_ride", id: second.id },
    { type: "rate_driver", rating: 5, id: third.id },
  ]);
  socket.hears({ type: "error", id: second.id, code: "illegal_now", message: "no" });
  await assert.rejects(second, { name: "Refused", code: "illegal_now", message: "no" });
  const rejected = assert.rejects(third, { name: "NoAnswer" });
  connection.close();
  await rejected;
});

test("a command that waits for the link can be taken back, one that was sent cannot", async () => {
  const connection = await connected();
  const sent = connection.send("cancel_ride");
  sent.catch(() => {});
  assert.equal(connection.withdraw(sent.id), false);
  sockets[0].onclose({ code: 1006 });
  const waits = connection.send("rate_driver", { rating: 1 });
  const rejected = assert.rejects(waits, { name: "NoAnswer" });
  assert.equal(connection.withdraw(waits.id), true);
  await rejected;
  connection.close();
});

test("a command that is not answered can be sent once more, with the same id, until it is answered", async () => {
  const connection = await connected();
  const asked = connection.send("cancel_ride");
  connection.again(asked.id);
  assert.deepEqual(sockets[0].sent, [
    { type: "cancel_ride", id: asked.id },
    { type: "cancel_ride", id: asked.id },
  ]);
  sockets[0].hears({ type: "ack", id: asked.id, result: "ok" });
  assert.equal((await asked).result, "ok");
  connection.again(asked.id);
  assert.equal(sockets[0].sent.length, 2);
  connection.close();
});

test("a wrong pin says how many more lock the ride", async () => {
  const connection = await connected();
  const asked = connection.send("start_ride", { ride_id: "r", pin: "1" });
  sockets[0].hears({ type: "error", id: asked.id, code: "wrong_pin", message: "no", tries_left: 3 });
  await assert.rejects(asked, { code: "wrong_pin", triesLeft: 3 });
  connection.close();
});

test("a connection that was replaced comes back when somebody wants it here, and by nothing else", async () => {
  const connection = await connected();
  connection.takeOver();
  sockets[0].onclose({ code: 4504 });
  connection.open();
  pass(60_000);
  assert.equal(sockets.length, 1);
  connection.takeOver();
  await opened();
  assert.deepEqual([sockets.length, connection.status.state, connection.status.why], [2, "open", null]);
  sockets[1].onclose({ code: 4503 });
  connection.takeOver();
  assert.equal(connection.status.why, "forbidden");
});

test("what was too fast is sent again after the time that the server says", async () => {
  const connection = await connected();
  const asked = connection.send("cancel_ride");
  sockets[0].hears({ type: "error", id: asked.id, code: "rate_limited", message: "too fast", retry_after_ms: 700 });
  pass(699);
  assert.equal(sockets[0].sent.length, 1);
  pass(1);
  assert.deepEqual(sockets[0].sent[1], { type: "cancel_ride", id: asked.id });
  sockets[0].hears({ type: "ack", id: asked.id, result: "ok" });
  await asked;
  connection.close();
});

test("each message of the stream is heard once, in order; a gap is asked for", async () => {
  const kept = [];
  const connection = await connected({ remember: (heard) => kept.push(heard) });
  const heard = [];
  connection.on("message", ({ type, seq }) => heard.push([type, seq]));
  const hears = (type, seq, more = {}) => sockets.at(-1).hears({ type, seq, epoch: "e", ...more });
  hears("searching", 1);
  hears("searching", 1);
  hears("driver_arrived", 3);
  assert.deepEqual(sockets[0].sent.at(-1), { type: "resume", epoch: "e", last_seq: 1 });
  hears("ride_started", 4);
  assert.equal(sockets[0].sent.length, 1, "asked once for one gap");
  for (const seq of [2, 3, 4]) hears("again", seq);
  hears("snapshot", 5, { recovered: true });
  assert.deepEqual(heard, [["searching", 1], ["again", 2], ["again", 3], ["again", 4], ["snapshot", 5]]);
  assert.deepEqual(kept.at(-1), { epoch: "e", last_seq: 5 });
  sockets[0].onclose({ code: 1006 });
  pass(500);
  const socket = await opened();
  assert.deepEqual(socket.sent, [{ type: "resume", epoch: "e", last_seq: 5 }]);
  hears("snapshot", 2, { recovered: false });
  hears("searching", 1, { epoch: "f" });
  assert.deepEqual(heard.slice(-2), [["snapshot", 2], ["searching", 1]], "a whole state and a new epoch count anew");
  connection.close();
});

test("a page that heard a part of the stream before asks for the rest", async () => {
  const connection = await connected({ heard: { epoch: "e", last_seq: 9 } });
  assert.deepEqual(sockets[0].sent, [{ type: "resume", epoch: "e", last_seq: 9 }]);
  connection.close();
});

test("it pings every 5 s, knows the round trip, and gives a silent link up after 12 s", async () => {
  const connection = await connected();
  pass(5000);
  assert.deepEqual(sockets[0].sent, [{ type: "ping" }]);
  now += 80;
  sockets[0].hears({ type: "pong" });
  assert.equal(connection.roundTripMs, 80);
  pass(5000);
  pass(5000);
  assert.equal(connection.status.state, "open");
  pass(5000);
  assert.equal(connection.status.state, "waiting");
  assert.ok(sockets[0].isClosed);
  connection.close();
});

for (const [code, why] of [
  [4501, "logged-out"],
  [4503, "forbidden"],
  [4504, "replaced"],
  [4508, "stopped"],
]) {
  test(`after ${code} it does not come back: ${why}`, async () => {
    const connection = await connected();
    const waits = connection.send("cancel_ride");
    const rejected = assert.rejects(waits, { name: "NoAnswer" });
    sockets[0].onclose({ code });
    assert.equal(connection.status.state, "closed");
    assert.equal(connection.status.why, why);
    await rejected;
    pass(60_000);
    connection.open();
    await settled();
    assert.equal(sockets.length, 1);
    await assert.rejects(connection.send("cancel_ride"), { name: "NoAnswer" });
  });
}

test("when its token ends it renews it before it comes back", async () => {
  const connection = await connected();
  session.token = "new";
  sockets[0].onclose({ code: 4001 });
  await settled();
  assert.equal(session.renewals, 1);
  pass(500);
  const socket = await opened();
  assert.deepEqual(socket.protocols, ["dispatch.v1", "bearer.new"]);
  socket.hears({ type: "token_expiring", ttl_ms: 60000 });
  await settled();
  assert.deepEqual(socket.sent, [{ type: "authenticate", token: "new" }]);
  connection.close();
});

test("a socket that was given up says nothing any more", async () => {
  const connection = await connected();
  const heard = [];
  connection.on("message", (message) => heard.push(message));
  const [first] = sockets;
  first.onclose({ code: 1006 });
  pass(500);
  await opened();
  first.hears({ type: "searching", seq: 1, epoch: "e" });
  first.onclose({ code: 4504 });
  assert.deepEqual(heard, []);
  assert.equal(connection.status.state, "open");
  connection.close();
});

test("a position without a link is dropped, and a frame that is too long is refused here", async () => {
  const connection = await connected();
  assert.equal(connection.say("location_update", { latitude: 1, longitude: 2 }), true);
  sockets[0].onclose({ code: 1006 });
  assert.equal(connection.say("location_update", { latitude: 1, longitude: 2 }), false);
  await assert.rejects(connection.send("find_driver", { note: "x".repeat(17_000) }), { name: "Refused", code: "bad_message" });
  connection.close();
});
