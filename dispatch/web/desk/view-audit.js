/** What staff did, when, to which ride or person. For managers, to read only. */

import { code, el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button } from "../shell/form.js";
import { makeTable } from "./table.js";

const PAGE = 100;

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {{ at: string, staff_id: string, action: string, ride_id?: string, driver_id?: string, person_id?: string, role?: string, status?: string, is_manager?: boolean, kind?: string, reason?: string, status_before?: string, expires_at?: string, expires_before?: string, fare?: number, fare_before?: number, driver_before?: string }} Act */

/** @param {Desk} desk */
export function auditView(desk) {
  const { session, roster } = desk;
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  /** @type {(Act & { no: number })[]} */ let acts = [];
  /** @type {string | null} */ let next = null;
  /** @type {Map<string, string>} */ const names = new Map();
  let asked = 0;

  const day = el("input", { type: "date", id: "audit-day" });
  const staff = el("select", { id: "audit-staff" }, el("option", { value: "" }, t("everybody")));
  const ride = el("input", { id: "audit-ride", autocomplete: "off", dir: "ltr" });
  const person = el("input", { id: "audit-person", autocomplete: "off", dir: "ltr" });
  const more = button({ label: t("more"), wide: false, run: () => read(next) });
  const wrong = el("p", { class: "error", hidden: true });
  const nameOf = (/** @type {string} */ id) => names.get(id) ?? roster.drivers.get(id)?.driver_name ?? id;
  const table = makeTable({
    label: t("view_audit"), empty: t("loading"), rowTest: "act",
    key: (/** @type {Act & { no: number }} */ act) => String(act.no),
    open: (act) => act.ride_id && desk.openRide(act.ride_id),
    columns: [
      { id: "at", label: t("when"), cell: (act) => texts.dayAndTime(new Date(act.at)) },
      { id: "staff", label: t("who"), cell: (act) => said(nameOf(act.staff_id)) },
      { id: "action", label: t("what"), cell: (act) => (texts.has(`desk.act_${act.action}`) ? t(`act_${act.action}`) : act.action) },
      { id: "on", label: t("on_whom"), cell: (act) => onWhat(act) },
      { id: "before", label: t("before"), cell: (act) => before(act) },
      { id: "after", label: t("then"), cell: (act) => after(act) },
    ],
  });
  const filter = (/** @type {string} */ id, /** @type {string} */ label, /** @type {HTMLElement} */ control) => el("div", { class: "field inline" }, el("label", { for: id }, label), control);
  const element = el("section", { class: "view", test: "audit-view", "aria-labelledby": "audit-title" },
    el("div", { class: "view-head" }, el("h2", { id: "audit-title" }, t("view_audit")),
      filter("audit-day", t("date"), day), filter("audit-staff", t("who"), staff), filter("audit-ride", t("ride_id"), ride), filter("audit-person", t("person_id"), person)),
    wrong, table.element, more);

  /** @param {Act} act */
  function onWhat({ ride_id, driver_id, person_id }) {
    const who = driver_id ?? person_id;
    return el("span", {}, ride_id ? el("span", {}, t("ride"), " ", code(ride_id.slice(0, 6)), " ") : null, who ? said(nameOf(who)) : null);
  }

  const lastDay = (/** @type {string} */ end) => texts.day(new Date(Date.parse(end) - 1));
  const money = (/** @type {number} */ fare) => texts.money(fare, desk.page.town.currency ?? null);

  /** What it was before; empty where nothing was, or nobody told. @param {Act} act */
  function before({ status_before, expires_before, fare_before, driver_before }) {
    if (status_before) return t(`person_${status_before}`);
    if (expires_before) return lastDay(expires_before);
    if (typeof fare_before === "number") return el("span", { class: "money", dir: "ltr" }, money(fare_before));
    return driver_before ? said(nameOf(driver_before)) : "";
  }

  /** @param {Act} act */
  function after({ role, status, is_manager, kind, reason, expires_at, fare }) {
    const words = [];
    if (role) words.push(t(is_manager ? "role_manager" : `role_${role}`));
    if (status) words.push(t(`person_${status}`));
    if (kind) words.push(kind);
    if (expires_at) words.push(lastDay(expires_at));
    if (typeof fare === "number") words.push(money(fare));
    return el("span", {}, words.join(", "), reason ? el("span", {}, words.length > 0 ? ": " : "", said(reason)) : null);
  }

  async function readStaff() {
    try {
      const page = await session.request("GET", "/api/people", { query: { role: "staff", limit: 200 } });
      page.people.sort((/** @type {any} */ one, /** @type {any} */ other) => one.name.localeCompare(other.name));
      for (const one of page.people) names.set(one.id, one.name);
      const kept = staff.value;
      fill(staff, el("option", { value: "" }, t("everybody")), ...page.people.map((/** @type {any} */ one) => el("option", { value: one.id }, one.name)));
      staff.value = kept;
      table.set(acts);
    } catch {
      // Ids are shown in the place of names.
    }
  }

  /** @param {string | null} cursor */
  async function read(cursor = null) {
    const mine = (asked += 1);
    try {
      const query = { staff: staff.value || undefined, ride: ride.value.trim() || undefined, person: person.value.trim() || undefined, day: day.value || undefined, limit: PAGE, cursor: cursor ?? undefined };
      const page = await session.request("GET", "/api/audit", { query });
      if (mine !== asked) return;
      acts = [...(cursor === null ? [] : acts), ...page.acts].map((act, no) => ({ ...act, no }));
      next = page.next;
      wrong.hidden = true;
    } catch (error) {
      if (mine !== asked) return;
      wrong.hidden = false;
      fill(wrong, errorText(error, texts));
    }
    more.hidden = next === null;
    table.sayEmpty(t("no_acts"));
    table.set(acts);
  }

  more.hidden = true;
  for (const control of [day, staff, ride, person]) control.addEventListener("change", () => void read());
  return {
    element,
    show() {
      void readStaff();
      void read();
    },
    heard: () => {},
    draw: () => {},
    move: table.move,
    find: () => ride.focus(),
  };
}
