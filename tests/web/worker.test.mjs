/** What the service worker keeps of pages, and when it falls back on that. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

const HOME = "https://town.example";
/** @type {Record<string, (event: any) => void>} */
const listeners = {};
/** @type {Map<string, Response>} */
let kept;
/** What the server does with a request. */
let serve;

const cache = {
  // A module sends an Origin, by which the server's answers vary: a browser then finds nothing that was kept without one.
  match: async (request, { ignoreVary = false } = {}) => (ignoreVary ? kept.get(request.url)?.clone() : undefined),
  put: async (request, answer) => void kept.set(request.url, new Response(await answer.text())),
  add: async (request) => cache.put(request, await serve(request, {})),
};
Object.assign(globalThis, {
  self: { addEventListener: (name, listener) => (listeners[name] = listener) },
  location: new URL(HOME),
  caches: { open: async () => cache },
  fetch: (request, options) => serve(request, options),
});
/** By the clock of a test, as `setTimeout` is. */
AbortSignal.timeout = (ms) => {
  const ends = new AbortController();
  setTimeout(() => ends.abort(), ms);
  return ends.signal;
};
await import("../../dispatch/web/sw.js");

/** The answer to this request; undefined where the worker leaves it to the browser. */
function asked(path) {
  let answer;
  listeners.fetch({ request: new Request(HOME + path), respondWith: (promise) => (answer = promise) });
  return answer;
}

/** A server that says nothing until somebody gives up or `answer` is called. */
function slow() {
  let answer;
  serve = (_, { signal }) => new Promise((resolve, reject) => {
    answer = () => resolve(new Response("new"));
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  return () => answer();
}

beforeEach(() => {
  kept = new Map();
  serve = async () => new Response("new");
});

test("a first visit is kept whole, so that the next start needs no link", async () => {
  let done;
  const data = [`${HOME}/`, `${HOME}/web/shell/page.js`, `${HOME}/api/town`, "https://other.example/web/a.js"];
  listeners.message({ data, waitUntil: (promise) => (done = promise) });
  await done;
  serve = async () => Promise.reject(new TypeError("no link"));
  assert.deepEqual([...kept.keys()], [`${HOME}/`, `${HOME}/web/shell/page.js`]);
  assert.equal(await (await asked("/")).text(), "new");
});

test("a file that was not kept takes as long as a slow link needs", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const answer = slow();
  const told = asked("/web/map/town-map.js");
  await new Promise(setImmediate);
  t.mock.timers.tick(60_000);
  answer();
  assert.equal(await (await told).text(), "new");
});

test("a kept file comes where the server is not heard in time, or has none", async (t) => {
  kept.set(`${HOME}/driver`, new Response("old"));
  serve = async () => new Response("starting", { status: 502 });
  assert.equal(await (await asked("/driver")).text(), "old");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  slow();
  const told = asked("/driver");
  await new Promise(setImmediate);
  t.mock.timers.tick(5_000);
  assert.equal(await (await told).text(), "old");
});

test("what the server says is never kept", () => {
  for (const path of ["/api/me", "/api/town", "/ws/driver/d1/", "/web/shell/page.js?x=1"]) assert.equal(asked(path), undefined, path);
});
