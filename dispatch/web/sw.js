/**
 * Keeps what pages are made of, so that an installed page opens without a link. What is asked of the server comes from the server: nothing
 * under /api, no socket, no answer with somebody's data is ever looked at or kept here.
 */

const KEPT = "dispatch-1";
const PATIENCE_MS = 4_000;
const PAGES = new Set(["/", "/driver", "/desk", "/client/"]);

/** @param {Request} request */
function isOurs(request) {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin || url.search !== "") return false;
  return PAGES.has(url.pathname) || url.pathname.startsWith("/web/") || (url.pathname.startsWith("/client/") && url.pathname.endsWith(".js"));
}

/**
 * The file as the server has it now; as it was last, where the server is not heard in time.
 *
 * @param {Request} request
 */
async function fresh(request) {
  const kept = await caches.open(KEPT);
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(request, { signal });
    if (answer.ok) await kept.put(request, answer.clone());
    return answer;
  } catch (error) {
    const before = await kept.match(request);
    if (before === undefined) throw error;
    return before;
  }
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
