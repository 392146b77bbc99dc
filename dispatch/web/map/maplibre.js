/** MapLibre and what belongs to it, all from this server. */

import { el } from "../shell/dom.js";

const VENDOR = new URL("../vendor/", import.meta.url);
/** Of nearly all tiles that there are. */
const CREDIT = "© OpenStreetMap contributors";

/** The module of MapLibre with its worker and style, all from this server. @returns {Promise<any>} */
export async function loadMapLibre() {
  const gl = await import(new URL("maplibre-gl/maplibre-gl.mjs", VENDOR).href);
  gl.setWorkerUrl(new URL("maplibre-gl/maplibre-gl-worker.mjs", VENDOR).href);
  const href = new URL("maplibre-gl/maplibre-gl.css", VENDOR).href;
  if (![...document.styleSheets].some((sheet) => sheet.href === href)) {
    // Before our own styles, so that ours win.
    await loaded("link", { rel: "stylesheet", href }, (link) => document.head.prepend(link));
  }
  return gl;
}

/**
 * Lets MapLibre read this file of PMTiles in parts. Its reader is a plain script, and not a module.
 *
 * @param {any} gl
 * @param {string} url
 * @returns {Promise<string>} the credit that has to stand beside a map of it
 */
export async function teachTiles(gl, url) {
  const reader = /** @type {any} */ (globalThis);
  if (!reader.pmtiles) await loaded("script", { src: new URL("pmtiles/pmtiles.js", VENDOR).href }, (script) => document.head.append(script));
  const file = new reader.pmtiles.PMTiles(url);
  const protocol = new reader.pmtiles.Protocol();
  protocol.add(file);
  gl.addProtocol("pmtiles", protocol.tile);
  // It is HTML, of which the text alone is taken.
  const { attribution = "" } = await file.getMetadata();
  return new DOMParser().parseFromString(attribution, "text/html").body.textContent?.trim() || CREDIT;
}

/** @param {"link" | "script"} tag @param {Record<string, string>} properties @param {(element: Element) => void} put */
function loaded(tag, properties, put) {
  return new Promise((resolve, reject) => {
    put(el(tag, { ...properties, on: { load: resolve, error: () => reject(new Error(`${properties.src ?? properties.href} does not come`)) } }));
  });
}
