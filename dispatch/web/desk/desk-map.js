/** The map of the desk: all drivers in one layer, pickups of those who wait, and the way of the ride that is chosen. It never moves by itself. */

import { el, fill } from "../shell/dom.js";
import { openMap } from "../map/town-map.js";
import { COMING, FREE, KINDS, NEEDS, NOBODY, OFF, OFFERED, STEPS_A_DEGREE, TRIP } from "./board.js";
import { shape } from "./shapes.js";

const MOST_PICKUPS = 60;
const SHOWN = [NEEDS, OFFERED, COMING, FREE, TRIP, OFF];

/** @typedef {import("./main.js").Desk} Desk */

/** @param {Desk} desk */
export function deskMap(desk) {
  const { texts, town, announcer } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  const { board } = desk;
  const box = el("div", { class: "map-box", test: "map", role: "region", "aria-label": t("map_label") });
  const picked = el("p", { class: "picked", hidden: true, role: "status" });
  const kinds = SHOWN.map((kind) => {
    const count = el("span", { class: "tabular" });
    const made = el("button", { type: "button", class: "chip kind", "aria-pressed": "true", title: t(`kind_${KINDS[kind]}`), on: { click: () => desk.send({ type: "toggle", kind }) } }, shape(kind), el("span", { class: "kind-word" }, t(`kind_${KINDS[kind]}`)), count);
    return { kind, made, count };
  });
  const element = el("div", { class: "map-side" }, box, picked, el("div", { class: "kinds", role: "group", "aria-label": t("show_kinds") }, ...kinds.map(({ made }) => made)));

  /** @type {ReturnType<typeof openMap> | null} */ let map = null;
  /** @type {any} */ let swarm = null;
  /** @type {Set<string>} */ let pickups = new Set();
  let lats = new Float64Array(0);
  let lons = new Float64Array(0);
  let isDue = false;
  let hiddenShown = "";

  // The lists come first: what they need is drawn before the map is fetched.
  requestAnimationFrame(() => setTimeout(() => {
    map = openMap(box, { texts, streets: desk.streets, town, announcer, label: t("map_label") });
    swarm = /** @type {any} */ (map).swarm?.({ onPick: (/** @type {number} */ slot) => pick(slot) }) ?? null;
    moved();
    showRide();
  }));

  /** Positions or kinds have changed: the layer is filled anew at the next frame, if anybody looks. */
  function moved() {
    if (isDue || swarm === null || document.hidden || !box.isConnected) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      show();
    });
  }

  function show() {
    const { slots } = board;
    if (lats.length < slots) {
      lats = new Float64Array(board.latitude.length);
      lons = new Float64Array(board.latitude.length);
    }
    for (let slot = 0; slot < slots; slot += 1) {
      const isThere = board.kind[slot] !== NOBODY && board.hasPlace(slot);
      lats[slot] = isThere ? board.latitude[slot] / STEPS_A_DEGREE : NaN;
      lons[slot] = isThere ? board.longitude[slot] / STEPS_A_DEGREE : NaN;
    }
    swarm.show({ count: slots, lats, lons, states: board.kind, headings: board.heading });
  }

  /** @param {number} slot */
  function pick(slot) {
    picked.hidden = slot < 0;
    if (slot < 0) return;
    const id = board.ids[slot];
    const name = desk.roster.name(id);
    const ride = board.rideOf[slot];
    fill(picked, shape(board.kind[slot]), " ", el("bdi", {}, name), ", ", t(`kind_${KINDS[board.kind[slot]]}`));
    if (ride !== null) desk.send({ type: "ride", ride });
  }

  function showRide() {
    if (map === null) return;
    const row = desk.state.ride === null ? undefined : board.rides.get(desk.state.ride);
    const ride = row ?? (desk.panel.ride?.ride_id === desk.state.ride ? desk.panel.ride : null);
    if (!ride) {
      map.place("pickup", "pickup", null);
      map.place("dropoff", "dropoff", null);
      return map.way(null);
    }
    const from = { lat: ride.pickup_latitude, lon: ride.pickup_longitude };
    const to = { lat: ride.dropoff_latitude, lon: ride.dropoff_longitude };
    map.place("pickup", "pickup", { ...from, label: ride.pickup_address });
    map.place("dropoff", "dropoff", { ...to, label: ride.dropoff_address });
    const slot = ride.driver_id ? board.slotOf.get(ride.driver_id) : undefined;
    const at = slot === undefined ? null : board.place(slot);
    if (slot !== undefined) swarm?.select(slot);
    map.way(at === null ? [from, to] : ride.status === "in_progress" ? [at, to] : [at, from, to]);
  }

  return {
    element, moved, showRide,
    /** Pickups of those who wait the longest, and how many there are of each kind. @param {readonly import("./state.js").Unserved[]} waiting */
    draw(waiting) {
      for (const { kind, made, count } of kinds) {
        fill(count, texts.number(board.counts[kind]));
        made.setAttribute("aria-pressed", String(!desk.state.hidden.has(kind)));
      }
      const hidden = [...desk.state.hidden].join();
      if (swarm !== null && hidden !== hiddenShown) swarm.hide(desk.state.hidden);
      if (swarm !== null) hiddenShown = hidden;
      if (map === null || !box.isConnected) return;
      /** @type {Set<string>} */
      const now = new Set();
      for (const { id, kind, row } of waiting.slice(0, MOST_PICKUPS)) {
        if (row === null) continue;
        now.add(id);
        map.place(`wait-${id}`, kind === NEEDS ? "needs" : "offered", { lat: row.pickup_latitude, lon: row.pickup_longitude, label: row.pickup_address });
      }
      for (const id of pickups) if (!now.has(id)) map.place(`wait-${id}`, "needs", null);
      pickups = now;
      showRide();
    },
    /** @param {{ lat: number, lon: number } | null} from @param {{ lat: number, lon: number } | null} to */
    showEnds(from, to) {
      map?.place("book-from", "pickup", from && { ...from, label: t("from") });
      map?.place("book-to", "dropoff", to && { ...to, label: t("to") });
    },
    /** @param {number} slot */
    showDriver(slot) {
      const at = board.place(slot);
      if (at === null) return desk.tell(t("no_position"));
      map?.locate(at);
      swarm?.select(slot);
      pick(slot);
    },
    /** Brings the chosen ride into view. */
    fit() {
      if (desk.state.ride === null) return;
      showRide();
      map?.fit(["pickup", "dropoff"]);
    },
  };
}
