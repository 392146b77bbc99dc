/** Who drives now: state, car, link, what they took today. Enter shows a driver on the map; staff take one off the road. */

import { code, el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button, field } from "../shell/form.js";
import { KINDS, NOBODY } from "./board.js";
import { shapeAndWord } from "./shapes.js";
import { searches } from "./find-field.js";
import { makeTable } from "./table.js";
import { ruleOf } from "./why.js";

const READ_EVERY_MS = 30_000;

/** @typedef {import("./app.js").Desk} Desk */
/**
 * @typedef {{ id: string, slot: number, known: import("./roster.js").Driver | undefined, kind: number }} Line
 */

/** @param {Desk} desk */
export function driversView(desk) {
  const { board, roster, session } = desk;
  const { texts, person, town } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  /** @type {Map<string, { rides: number, fares: number }>} */ let takings = new Map();
  /** @type {Line | null} */ let chosen = null;
  let readAt = -Infinity;
  let readTime = new Date();
  let drawnVersion = -1;
  let drawnNames = -1;
  let drawnAt = -Infinity;

  const find = el("input", { id: "drivers-find", type: "search", placeholder: t("find_person"), autocomplete: "off" });
  const count = el("span", { class: "muted tabular" });
  const panel = el("aside", { class: "side card stack", hidden: true, test: "driver-panel" });
  /** @param {Line} line */
  const nameOf = (line) => roster.name(line.id);
  const table = makeTable({
    label: t("view_drivers"), rowTest: "driver", sortBy: "name", empty: t("no_drivers_live"),
    key: (/** @type {Line} */ line) => line.id,
    isChosen: (line) => line.id === chosen?.id,
    open: (line) => choose(line),
    columns: [
      { id: "name", label: t("name"), cell: (line) => said(nameOf(line)), sort: nameOf },
      { id: "plate", label: t("plate"), cell: (line) => code(line.known?.vehicle_registration ?? ""), sort: (line) => line.known?.vehicle_registration ?? "" },
      { id: "type", label: t("type"), cell: (line) => said(board.vehicleTypes[line.slot] ?? ""), sort: (line) => board.vehicleTypes[line.slot] ?? "" },
      { id: "state", label: t("state"), cell: (line) => stateOf(line), sort: (line) => line.kind },
      { id: "since", label: t("since"), cell: (line) => sinceOf(line), sort: (line) => board.since[line.slot] },
      { id: "link", label: t("link"), cell: (line) => t(linkOf(line)), sort: linkOf },
      { id: "position", label: t("position"), cell: (line) => positionOf(line), sort: (line) => line.known?.position_age_s ?? Infinity },
      ...(person.manager ? [
        { id: "rides", label: t("rides_today"), isNumber: true, cell: (/** @type {Line} */ line) => takings.get(line.id)?.rides ?? 0, sort: (/** @type {Line} */ line) => takings.get(line.id)?.rides ?? 0 },
        { id: "fares", label: t("fares_today"), isNumber: true, cell: (/** @type {Line} */ line) => code(texts.money(takings.get(line.id)?.fares ?? 0, town.currency), "money"), sort: (/** @type {Line} */ line) => takings.get(line.id)?.fares ?? 0 },
      ] : []),
    ],
  });
  const element = el("section", { class: "view", test: "drivers-view", "aria-labelledby": "drivers-title" },
    el("div", { class: "view-head" }, el("h2", { id: "drivers-title" }, t("view_drivers")), count,
      el("div", { class: "field inline" }, el("label", { for: "drivers-find" }, t("find")), find)),
    el("div", { class: "with-side" }, table.element, panel));

  /** @param {Line} line */
  function sinceOf({ slot }) {
    const at = board.since[slot];
    if (at > board.firstAt) return texts.time(new Date(at));
    return board.isThere ? t("before_time", { time: texts.time(new Date(board.firstAt)) }) : "";
  }

  /** @param {Line} line */
  function linkOf({ slot }) {
    if (board.link[slot] & 1) return "link_good";
    return board.statuses[slot] === "asleep" ? "link_asleep" : "link_lost";
  }

  /** @param {Line} line */
  function positionOf({ slot, known }) {
    if (board.link[slot] & 2) return t("position_fresh");
    const age = known?.position_age_s;
    return age === undefined ? t("position_none") : t("position_old", { time: texts.duration(age), at: texts.time(readTime) });
  }

  function lines() {
    const wanted = find.value.trim().toLowerCase();
    /** @type {Line[]} */
    const all = [];
    for (let slot = 0; slot < board.slots; slot += 1) {
      const kind = board.kind[slot];
      if (kind === NOBODY) continue;
      const id = board.ids[slot];
      const known = roster.drivers.get(id);
      if (wanted !== "" && ![id, known?.driver_name, known?.driver_phone, known?.vehicle_registration].some((word) => word?.toLowerCase().includes(wanted))) continue;
      all.push({ id, slot, known, kind });
    }
    return all;
  }

  function drawAll() {
    const all = lines();
    fill(count, t("n_drivers", { n: all.length }));
    table.set(all);
    drawnVersion = board.version;
    drawnNames = roster.version;
    drawnAt = performance.now();
  }

  async function read() {
    readAt = performance.now();
    await roster.read();
    readTime = new Date();
    if (person.manager) {
      try {
        const told = await session.request("GET", "/api/takings");
        takings = new Map(told.drivers.map((/** @type {any} */ row) => [row.driver_id, row]));
      } catch {
        // The two columns keep what they had.
      }
    }
    drawAll();
  }

  /** @param {Pick<Line, "slot" | "kind">} line */
  function stateOf({ slot, kind }) {
    const stands = board.stands[slot] === 1;
    return shapeAndWord(kind, t(stands ? "status_arrived" : `kind_${KINDS[kind]}`), stands);
  }

  /** @param {Line} line */
  function choose(line) {
    chosen = line;
    table.draw();
    drawPanel(line);
  }

  /** @param {Line} line */
  function drawPanel({ id, slot, known, kind }) {
    panel.hidden = false;
    const rideId = board.rideOf[slot];
    const told = el("p", { class: "error" });
    const reason = field({ id: "off-road-reason", label: t("reason"), maxlength: 300 });
    const heading = el("h3", { tabindex: "-1" }, said(roster.name(id)));
    const off = button({ label: t(rideId ? "off_road_ride" : "off_road"), kind: "danger", test: "off-road", run: () => takeOff(id, roster.name(id), reason, told) });
    fill(panel, heading, el("p", {}, stateOf({ slot, kind })),
      known ? el("p", {}, code(known.vehicle_registration), " ", said(known.vehicle_type), " ", t("stars", { n: known.driver_rating })) : null,
      known?.why_not_offered ? el("p", { class: "muted" }, t("no_offers_because", { rule: ruleOf(known.why_not_offered, texts) })) : null,
      known && /^\d+$/.test(known.driver_phone) ? el("a", { class: "button", href: `tel:+${known.driver_phone}` }, t("call"), " ", code(`+${known.driver_phone}`)) : null,
      button({ label: t("show_on_map"), test: "show-on-map", run: () => desk.showDriver(slot) }),
      rideId ? button({ label: t("show_ride"), run: () => desk.openRide(rideId) }) : null,
      el("hr"), el("p", { class: "hint" }, t("off_road_follows")), reason.element, off, told,
      button({ label: t("back"), kind: "plain", run: close }));
    heading.focus();
  }

  /**
   * @param {string} id
   * @param {string} name
   * @param {ReturnType<typeof field>} reason
   * @param {HTMLElement} told
   */
  async function takeOff(id, name, reason, told) {
    if (reason.input.value.trim() === "") {
      reason.error(t("reason_missing"));
      return reason.input.focus();
    }
    try {
      await session.request("POST", `/api/people/${encodeURIComponent(id)}/suspend`, { body: { role: "driver", reason: reason.input.value.trim() } });
    } catch (error) {
      return fill(told, errorText(error, texts));
    }
    const back = async () => {
      await session.request("POST", `/api/people/${encodeURIComponent(id)}/activate`, { body: { role: "driver" } });
      desk.tell(t("on_road_again", { name }));
    };
    desk.tell(t("was_taken_off", { name }), { label: t("undo"), run: back });
    close();
    void read();
  }

  function close() {
    panel.hidden = true;
    const was = chosen;
    chosen = null;
    table.draw();
    if (was) table.move(0);
  }

  searches(find, { changed: drawAll, leave: () => desk.leaveField() });

  return {
    element,
    show() {
      drawAll();
      if (performance.now() - readAt > READ_EVERY_MS) void read();
    },
    heard: () => {},
    /** Called often: what is in view follows the board, twice a second at most. */
    draw() {
      const now = performance.now();
      if (now - readAt > READ_EVERY_MS) void read();
      const isSame = board.version === drawnVersion && roster.version === drawnNames;
      if (isSame || now - drawnAt < 1_000) return;
      drawAll();
    },
    move: table.move,
    find: () => find.focus(),
    back() {
      if (panel.hidden) return false;
      close();
      return true;
    },
  };
}
