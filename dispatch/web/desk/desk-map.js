/** The map of the desk: all drivers and all who wait in one layer, and the way of the ride that is chosen. It never moves by itself. */

import { el, fill, said } from "../shell/dom.js";
import { openMap } from "../map/town-map.js";
import { COMING, FREE, KINDS, NEEDS, OFF, OFFERED, TRIP } from "./board.js";
import { shape } from "./shapes.js";

const MOST_PICKED = 8;
const SHOWN = [NEEDS, OFFERED, COMING, FREE, TRIP, OFF];

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {import("../map/points.js").Hit} Hit */

/** @param {Desk} desk */
export function deskMap(desk) {
  const { texts, town, announcer } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  const { board } = desk;
  const box = el("div", { class: "map-box", test: "map", role: "region", "aria-label": t("map_label") });
  const picked = el("ul", { class: "picked", hidden: true, "aria-label": t("picked") });
  const kinds = SHOWN.map((kind) => {
    const count = el("span", { class: "tabular" });
    const toggle = () => desk.send({ type: "toggle", kind });
    const made = el("button", { type: "button", class: "chip kind", "aria-pressed": "true", on: { click: toggle } }, shape(kind), el("span", { class: "kind-word" }, t(`kind_${KINDS[kind]}`)), count);
    return { kind, made, count };
  });
  const element = el("div", { class: "map-side" }, box, picked, el("div", { class: "kinds", role: "group", "aria-label": t("show_kinds") }, ...kinds.map(({ made }) => made)));

  /** @type {ReturnType<typeof openMap> | null} */ let map = null;
  /** @type {import("../map/swarm.js").Swarm | null} */ let swarm = null;
  let isDue = false;
  let hidden = "";
  let shownRide = "";

  // The lists come first: what they need is drawn before the map is fetched.
  requestAnimationFrame(() => setTimeout(async () => {
    map = openMap(box, { texts, streets: desk.streets, town, announcer, label: t("map_label") });
    swarm = await map.swarm(pick);
    moved();
    showRide();
  }));

  /** Positions or kinds have changed: the layer is filled anew at the next frame, if anybody looks. */
  function moved() {
    if (isDue || swarm === null || document.hidden || !box.isConnected) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      swarm?.show(board);
    });
  }

  /** What lies under a click: one thing is opened, of several one can be chosen. @param {Hit[]} hits */
  function pick(hits) {
    const [first] = hits;
    picked.hidden = first === undefined;
    if (hits.length === 1) open(first);
    fill(picked, ...hits.slice(0, MOST_PICKED).map((hit) => el("li", {}, el("button", { type: "button", class: "chip", on: { click: () => open(hit) } }, ...wordsOf(hit)))));
  }

  /** @param {Hit} hit */
  function wordsOf(hit) {
    if ("slot" in hit) {
      const [kind, stands] = [board.kind[hit.slot], board.stands[hit.slot] === 1];
      return [shape(kind, stands), said(desk.roster.name(board.ids[hit.slot])), t(stands ? "status_arrived" : `kind_${KINDS[kind]}`)];
    }
    return [shape(OFFERED), said(board.rides.get(hit.rideId)?.pickup_address ?? hit.rideId.slice(0, 6)), t("status_pending")];
  }

  /** @param {Hit} hit */
  function open(hit) {
    swarm?.select(hit);
    const ride = "slot" in hit ? board.rideOf[hit.slot] : hit.rideId;
    if (ride) desk.send({ type: "ride", ride });
  }

  function showRide() {
    if (map === null) return;
    const id = desk.state.isOpen ? desk.state.ride : null;
    const ride = id === null ? null : (board.rides.get(id) ?? (desk.panel.ride?.ride_id === id ? desk.panel.ride : null));
    const slot = ride?.driver_id ? board.slotOf.get(ride.driver_id) : undefined;
    const at = slot === undefined ? null : board.place(slot);
    const now = ride === null ? "" : `${id} ${ride.status} ${ride.pickup_latitude} ${ride.dropoff_latitude} ${at?.lat} ${at?.lon}`;
    if (now === shownRide) return;
    shownRide = now;
    if (ride === null) {
      map.place("pickup", "pickup", null);
      map.place("dropoff", "dropoff", null);
      swarm?.select(null);
      return map.way(null);
    }
    const from = { lat: ride.pickup_latitude, lon: ride.pickup_longitude };
    const to = { lat: ride.dropoff_latitude, lon: ride.dropoff_longitude };
    map.place("pickup", "pickup", { ...from, label: ride.pickup_address });
    map.place("dropoff", "dropoff", { ...to, label: ride.dropoff_address });
    swarm?.select(slot !== undefined ? { slot } : ride.status === "pending" ? { rideId: ride.ride_id } : null);
    map.way(at === null ? [from, to] : ride.status === "in_progress" ? [at, to] : [at, from, to]);
  }

  return {
    element, moved, showRide,
    /** Who waits, and how many drivers there are of each kind. @param {readonly import("./state.js").Unserved[]} waiting */
    draw(waiting) {
      for (const { kind, made, count } of kinds) {
        fill(count, texts.number(board.counts[kind]));
        made.setAttribute("aria-pressed", String(!desk.state.hidden.has(kind)));
      }
      if (swarm === null || !box.isConnected) return;
      if (hidden !== [...desk.state.hidden].join()) {
        hidden = [...desk.state.hidden].join();
        swarm.hide(new Set(desk.state.hidden));
      }
      swarm.pickups(waiting.flatMap(({ id, kind, row }) => (row === null || desk.state.hidden.has(kind) ? [] : [{ id, kind, lat: row.pickup_latitude, lon: row.pickup_longitude }])));
      showRide();
    },
    /** @param {{ lat: number, lon: number } | null} from @param {{ lat: number, lon: number } | null} to */
    showEnds(from, to) {
      map?.place("book-from", "pickup", from && { ...from, label: t("from") });
      map?.place("book-to", "dropoff", to && { ...to, label: t("to") });
    },
    /** What is shown is too old to be true, or is not any more. @param {boolean} isOld */
    age(isOld) {
      if (isOld) box.dataset.old = "true";
      else delete box.dataset.old;
    },
    /** @param {number} slot */
    showDriver(slot) {
      const at = board.place(slot);
      if (at === null) return desk.tell(t("no_position"));
      map?.locate(at);
      pick([{ slot }]);
    },
    /** Brings the chosen ride into view. */
    fit() {
      if (!desk.state.isOpen) return;
      showRide();
      map?.fit(["pickup", "dropoff"], true);
    },
  };
}
