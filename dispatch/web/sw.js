/**
 * Keeps what pages are made of, so that an installed page opens without a link. What is asked of the server comes from the server: nothing
 * under /api, no socket, no answer with somebody's data is ever looked at or kept here.
 */

const KEPT = "dispatch-1";
const PATIENCE_MS = 4_000;
/** The server's answers vary by Origin, which modules send and other requests do not. The files are the same. */
const ANY = { ignoreVary: true };
const PAGES = new Set(["/", "/driver", "/desk", "/client/"]);

/** @param {Request} request */
function isOurs(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || url.search !== "") return false;
  return PAGES.has(url.pathname) || url.pathname.startsWith("/web/") || (url.pathname.startsWith("/client/") && url.pathname.endsWith(".js"));
}

/**
 * The file as the server has it now; as it was last, where the server has none or is not heard in time. Where nothing was kept there is no
 * hurry: a slow link takes as long as it takes.
 *
 * @param {Request} request
 */
async function fresh(request) {
  const kept = await caches.open(KEPT);
  const before = await kept.match(request, ANY);
  const late = new AbortController();
  const timer = before === undefined ? undefined : setTimeout(() => late.abort(), PATIENCE_MS);
  try {
    const answer = await fetch(request, { signal: late.signal });
    clearTimeout(timer);
    if (answer.ok) await kept.put(request, answer.clone());
    return before !== undefined && answer.status >= 500 ? before : answer;
  } catch (error) {
    clearTimeout(timer);
    if (before === undefined) throw error;
    return before;
  }
}

/**
 * Keeps what a page has fetched before this worker was there: on somebody's first visit that is the page itself.
 *
 * @param {string[]} addresses
 */
async function keepAll(addresses) {
  const kept = await caches.open(KEPT);
  const requests = addresses.map((address) => new Request(address)).filter(isOurs);
  await Promise.all(requests.map(async (request) => {
    if ((await kept.match(request, ANY)) !== undefined) return;
    // One that cannot be had now is kept when it is asked for again.
    await kept.add(request).catch(() => {});
  }));
}

const worker = /** @type {any} */ (self);
worker.addEventListener("install", () => worker.skipWaiting());
worker.addEventListener("activate", (/** @type {any} */ event) => {
  const clear = async () => {
    for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
    await worker.clients.claim();
  };
  event.waitUntil(clear());
});
worker.addEventListener("fetch", (/** @type {any} */ event) => {
  if (isOurs(event.request)) event.respondWith(fresh(event.request));
});
worker.addEventListener("message", (/** @type {any} */ event) => event.waitUntil(keepAll(event.data)));
