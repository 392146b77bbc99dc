/** A map of the town for a page: marks, the way of a ride, a camera that follows until somebody moves it, and a crosshair to choose a point. */

import { el, fill } from "../shell/dom.js";
import { loadMapLibre, teachTiles } from "./maplibre.js";
import { Marks } from "./marks.js";
import { rounded } from "./streets.js";
import { COLOURS, NAMES_FROM, layersOf, sourcesOf, wayLayers, wayOf } from "./style.js";

/** @typedef {import("./streets.js").Spot} Spot */
/** @typedef {import("./streets.js").Bounds} Bounds */
/** @typedef {import("./markers.js").Kind} Kind */
/** @typedef {import("./markers.js").Mark} Mark */
/** @typedef {{ name: string, lat: number, lon: number }} Taken `name` is that of the nearest street, empty where none has one */

const MARGIN_PX = 48;
const NEAREST_ZOOM = 16;
const MOST_PIXELS = 2;
const SMALL_PX = 400;
/** Without streets and bounds there is nothing to show at first but the whole world. */
const WORLD = /** @type {Bounds} */ ({ south: -60, west: -170, north: 75, east: 170 });

/**
 * Shows a map in this box, which has a size of its own. It returns at once: MapLibre loads behind it, and what is asked for before it stands is
 * done then. Where the map cannot be drawn, the box says so in words, and all that is asked for is harmless.
 *
 * @param {HTMLElement} box
 * @param {object} options
 * @param {import("../shell/texts.js").Texts} options.texts
 * @param {import("./streets.js").Streets | null} options.streets
 * @param {{ bounds?: Bounds | null, map?: { style_url?: string | null, pmtiles_url?: string | null } | null }} options.town as `/api/town` says it
 * @param {{ say(text: string): void }} [options.announcer] tells which street lies under the crosshair
 * @param {string} [options.label] what the map shows, for those who do not see it
 */
export function openMap(box, options) {
  return new TownMap(box, options);
}

export class TownMap {
  /** @type {any} the map of MapLibre, once it stands */
  #map = null;
  /** @type {any} the module of MapLibre */
  #gl = null;
  /** @type {Spot[] | null} */
  #way = null;
  /** @type {(string | Spot)[]} */
  #fitted = [];
  #fittedAs = "";
  #follows = true;
  #isLate = false;
  #isOver = false;
  /** @type {((taken: Taken) => void) | null} */
  #taken = null;
  /** @type {((map: any, gl: any) => void)[]} */
  #waiting = [];
  /** @type {import("./style.js").Ground} */
  #ground = "streets";
  /** @type {import("./swarm.js").Swarm | null} */
  #swarm = null;
  #calm = matchMedia("(prefers-reduced-motion: reduce)");
  #marks;
  #box;
  #options;
  #themes;
  #follow;
  #cross;
  #street;
  #buttons;

  /** @param {HTMLElement} box @param {Parameters<typeof openMap>[1]} options */
  constructor(box, options) {
    const { texts, streets, town } = options;
    this.#box = box;
    this.#options = options;
    this.#marks = new Marks(this.#calm, texts.say("map.drag_keys"));
    this.#follow = el("button", { type: "button", class: "map-follow", hidden: true, on: { click: () => this.#followAgain() } }, texts.say("map.follow"));
    this.#street = el("bdi", { class: "map-street" });
    this.#cross = el(
      "div", { class: "map-pick", hidden: true },
      el("span", { class: "map-cross", "aria-hidden": "true" }), this.#street,
      el("button", { type: "button", class: "map-take", test: "take-point", on: { click: () => this.#take() } }, texts.say("map.take")),
    );
    this.#buttons = el("div", { class: "map-zoom" }, this.#zoomButton("+", 1, texts.say("map.zoom_in")), this.#zoomButton("−", -1, texts.say("map.zoom_out")));
    box.classList.add("town-map");
    const isOurs = !town.map?.style_url && !town.map?.pmtiles_url;
    fill(box, el("div", { class: "map-ground" }), this.#cross, this.#follow, this.#buttons, streets && isOurs ? creditOf(streets.credit) : null);
    this.#themes = new MutationObserver(() => this.#recolour());
    this.#themes.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    this.#open().catch((/** @type {unknown} */ error) => this.#giveUp(error));
  }

  /**
   * Puts a mark on the map, moves the one of this name, or takes it away. A mark that was there glides for two seconds; it jumps where the
   * way is more than 300 m or the system asks for less motion.
   *
   * @param {string} name
   * @param {Kind} kind
   * @param {Mark | null} mark
   */
  place(name, kind, mark) {
    this.#marks.place(name, kind, mark);
    if (mark) this.#keepInView();
  }

  /** Shows the way of a ride, or none. @param {Spot[] | null} points */
  way(points) {
    this.#way = points;
    this.#map?.getSource("way")?.setData(wayOf(points));
  }

  /**
   * Shows all of these, once: asked again for the same it does nothing, so that a page may ask with every draw. Marks that are named stay
   * in view while they move, until somebody moves the map; then a button offers to follow them again.
   *
   * @param {(string | Spot)[]} what names of marks, and points
   * @param {boolean} [again] somebody has asked for it: it is done also if it was the last that was
   */
  fit(what, again = false) {
    const as = JSON.stringify(what);
    if (as === this.#fittedAs && !again) return;
    this.#fittedAs = as;
    this.#fitted = what;
    this.#followAgain();
  }

  /** Shows this point in the middle. @param {Spot} spot @param {number} [zoom] */
  locate({ lat, lon }, zoom = NEAREST_ZOOM) {
    this.#follows = false;
    this.#whenUp((map) => map.easeTo({ center: [lon, lat], zoom, duration: this.#calm.matches ? 0 : 200 }));
  }

  /** The point in the middle; null while there is no map. @returns {Spot | null} */
  centre() {
    if (!this.#map) return null;
    const { lng, lat } = this.#map.getCenter();
    return { lat: rounded(lat), lon: rounded(lng) };
  }

  /**
   * Shows a crosshair over the middle: the button under it, or Enter on the map, takes that point. Null takes the crosshair away.
   *
   * @param {((taken: Taken) => void) | null} taken
   */
  pick(taken) {
    this.#taken = taken;
    this.#cross.hidden = taken === null;
    if (taken) this.#nameStreet(false);
  }

  /**
   * Lets a mark be dragged, and moved 20 m at a time by the arrow keys; null ends that.
   *
   * @param {string} name
   * @param {((spot: Spot) => void) | null} dragged where the mark was put down
   */
  drag(name, dragged) {
    this.#marks.drag(name, dragged);
  }

  /**
   * One layer for thousands of drivers and the pickups that wait; for the desk. It is there at once, and drawn as soon as the map stands.
   *
   * @param {(hits: import("./points.js").Hit[]) => void} onPick what lies under a click, the nearest first; empty where nothing does
   */
  async swarm(onPick) {
    const { Swarm } = await import("./swarm.js");
    const swarm = new Swarm(middleOf(this.#bounds()), (name) => this.#colour(name));
    this.#swarm = swarm;
    this.#whenUp((map) => {
      map.addLayer(swarm);
      const under = (/** @type {any} */ event) => swarm.at({ lat: event.lngLat.lat, lon: event.lngLat.lng });
      map.on("click", (/** @type {any} */ event) => onPick(under(event)));
      map.on("mousemove", (/** @type {any} */ event) => { map.getCanvas().style.cursor = under(event).length ? "pointer" : ""; });
    });
    return swarm;
  }

  /** Takes the map away, with all that it holds. */
  destroy() {
    this.#isOver = true;
    this.#themes.disconnect();
    this.#marks.detach();
    this.#map?.remove();
    this.#map = null;
    fill(this.#box);
  }

  // -- the map itself

  async #open() {
    const gl = await loadMapLibre();
    if (this.#isOver) return;
    const { texts, streets, town, label } = this.#options;
    const bounds = this.#bounds();
    const ground = /** @type {HTMLElement} */ (this.#box.querySelector(".map-ground"));
    const { style_url, pmtiles_url } = town.map ?? {};
    const tiles = pmtiles_url && !style_url ? new URL(pmtiles_url, location.href).href : null;
    if (tiles) {
      this.#ground = "tiles";
      this.#box.append(creditOf(await teachTiles(gl, tiles)));
    }
    const style = style_url ?? { version: 8, sources: sourcesOf(streets, tiles), layers: layersOf(this.#colours(), this.#ground) };
    const map = new gl.Map({
      container: ground, style, bounds: [[bounds.west, bounds.south], [bounds.east, bounds.north]], fitBoundsOptions: { padding: this.#margin() },
      attributionControl: style_url ? { compact: false } : false, locale: { "Map.Title": `${label ?? texts.say("map.label")}. ${texts.say("map.keys")}` },
      dragRotate: false, pitchWithRotate: false, touchPitch: false, maxPitch: 0, renderWorldCopies: false, fadeDuration: 0,
      pixelRatio: Math.min(devicePixelRatio, MOST_PIXELS), maxZoom: 19,
    });
    // In a small box the whole town would be a stamp: its middle is shown, with names.
    const isSmall = Math.min(this.#size().width, this.#size().height) < SMALL_PX;
    if (isSmall && bounds !== WORLD && map.getZoom() < NAMES_FROM) map.setZoom(NAMES_FROM);
    map.touchZoomRotate.disableRotation();
    map.keyboard.disableRotation();
    map.on("movestart", (/** @type {any} */ event) => event.originalEvent && this.#leave());
    // A mark that has moved while the map did is looked at now.
    map.on("moveend", () => this.#isLate && this.#keepInView());
    map.on("moveend", (/** @type {any} */ event) => this.#taken && this.#nameStreet(Boolean(event.originalEvent)));
    map.on("resize", () => this.#follows && this.#show(false));
    map.getCanvas().addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && this.#take());
    await new Promise((resolve, reject) => {
      map.once("load", resolve);
      map.once("error", (/** @type {any} */ event) => reject(event.error));
    });
    if (this.#isOver) return;
    if (style_url) {
      map.addSource("way", sourcesOf(null).way);
      for (const layer of wayLayers(this.#colours())) map.addLayer(layer);
    }
    [this.#map, this.#gl] = [map, gl];
    this.#marks.attach(map, gl);
    this.way(this.#way);
    if (this.#fitted.length) this.#show(false);
    for (const act of this.#waiting.splice(0)) act(map, gl);
    if (this.#taken) this.#nameStreet(false);
    this.#box.dataset.drawn = "true";
  }

  /** @param {(map: any, gl: any) => void} act */
  #whenUp(act) {
    if (this.#map) act(this.#map, this.#gl);
    else this.#waiting.push(act);
  }

  /** @param {unknown} error */
  #giveUp(error) {
    if (this.#isOver) return;
    this.#waiting = [];
    console.warn("the map cannot be drawn:", error instanceof Error ? error.message : error);
    fill(this.#box, el("p", { class: "map-missing" }, this.#options.texts.say("map.missing")));
  }

  /** @returns {import("./style.js").Colours} */
  #colours() {
    return Object.fromEntries(COLOURS.map((name) => [name, this.#colour(name)]));
  }

  /** @param {string} name of a token */
  #colour(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  }

  #bounds() {
    return this.#options.town.bounds ?? this.#options.streets?.bounds ?? WORLD;
  }

  #recolour() {
    if (!this.#map) return;
    for (const { id, paint } of layersOf(this.#colours(), this.#ground)) {
      if (!this.#map.getLayer(id)) continue;
      for (const [name, value] of Object.entries(paint)) this.#map.setPaintProperty(id, name, value);
    }
    this.#swarm?.recolour();
  }

  // -- the camera

  /** The corners of all that is shown; null: nothing of it is on the map. */
  #corners() {
    const spots = this.#fitted.map((one) => (typeof one === "string" ? this.#marks.spotOf(one) : one)).filter((spot) => spot !== undefined);
    if (!spots.length) return null;
    const [lats, lons] = [spots.map((spot) => spot.lat), spots.map((spot) => spot.lon)];
    return [[Math.min(...lons), Math.min(...lats)], [Math.max(...lons), Math.max(...lats)]];
  }

  /** Of the map as it is drawn now: it hears of a new size of its box a little later. */
  #size() {
    const { width, height } = this.#map?.transform ?? { width: this.#box.clientWidth, height: this.#box.clientHeight };
    return { width, height };
  }

  /** What marks keep free at each side: more where the buttons lie, which would hide one. */
  #margin() {
    const { width, height } = this.#size();
    const margin = Math.min(MARGIN_PX, width / 4, height / 4);
    const buttons = this.#buttons.offsetWidth;
    const side = buttons > 0 ? Math.min(margin + buttons, width / 3) : margin;
    const isMirrored = getComputedStyle(this.#box).direction === "rtl";
    return { top: margin, bottom: margin, left: isMirrored ? side : margin, right: isMirrored ? margin : side };
  }

  /** @param {boolean} moving whether the map may glide there */
  #show(moving) {
    const corners = this.#corners();
    if (!this.#map || !corners) return;
    const camera = this.#cameraFor(corners);
    // Where it cannot be said yet, the new size brings it here again.
    if (camera) this.#map.easeTo({ ...camera, duration: moving && !this.#calm.matches ? 200 : 0 });
  }

  /** The camera that shows these corners; null while MapLibre is between two sizes of its box, when it cannot say. @param {number[][]} corners */
  #cameraFor(corners) {
    try {
      return this.#map.cameraForBounds(corners, { padding: this.#margin(), maxZoom: NEAREST_ZOOM });
    } catch {
      return null;
    }
  }

  /** While the map follows: shows all again once a mark has left, or all of them have come so near that they can be shown larger. */
  #keepInView() {
    const corners = this.#corners();
    if (!this.#map || !this.#follows || !corners) return;
    this.#isLate = this.#map.isMoving();
    if (this.#isLate) return;
    const best = this.#cameraFor(corners);
    if (!best) return;
    const zoom = this.#map.getZoom();
    const { top, right, bottom, left } = this.#margin();
    const { width, height } = this.#size();
    const leaves = corners.some((corner) => {
      const { x, y } = this.#map.project(corner);
      return x < left / 2 || y < top / 2 || x > width - right / 2 || y > height - bottom / 2;
    });
    if (leaves || best.zoom > zoom + 1) this.#show(true);
  }

  #leave() {
    if (!this.#follows) return;
    this.#follows = false;
    this.#follow.hidden = !this.#fitted.some((one) => typeof one === "string");
  }

  #followAgain() {
    this.#follows = true;
    this.#follow.hidden = true;
    this.#show(true);
  }

  /** For fingers that cannot pinch. @param {string} sign @param {1 | -1} step @param {string} label */
  #zoomButton(sign, step, label) {
    const click = () => this.#map?.easeTo({ zoom: this.#map.getZoom() + step, duration: this.#calm.matches ? 0 : 200 }, { originalEvent: true });
    return el("button", { type: "button", "aria-label": label, title: label, on: { click } }, sign);
  }

  // -- the crosshair

  #take() {
    const spot = this.centre();
    if (!this.#taken || !spot) return;
    this.#taken({ ...spot, name: this.#options.streets?.nearest(spot) ?? "" });
  }

  /** @param {boolean} aloud somebody has moved the map, and may not see it */
  #nameStreet(aloud) {
    const spot = this.centre();
    const name = (spot && this.#options.streets?.nearest(spot)) ?? "";
    this.#street.textContent = name;
    if (aloud && name) this.#options.announcer?.say(this.#options.texts.say("map.under_cross", { street: name }));
  }
}

/** @param {string} credit */
function creditOf(credit) {
  const link = { href: "https://www.openstreetmap.org/copyright", rel: "noreferrer", target: "_blank" };
  return el("p", { class: "map-credit", dir: "ltr" }, credit.includes("OpenStreetMap") ? el("a", link, credit) : credit);
}

/** @param {Bounds} bounds @returns {Spot} */
function middleOf({ south, west, north, east }) {
  return { lat: (south + north) / 2, lon: (west + east) / 2 };
}
