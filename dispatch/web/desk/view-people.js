/** Who is on file: add, import a list, suspend, activate, another phone. What concerns staff is for managers, and the server holds that. */

import { code, el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button, field } from "../shell/form.js";
import { searches } from "./find-field.js";
import { makeTable } from "./table.js";
import { ruleOf } from "./why.js";

const PAGE = 200;

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {{ role: string, status: string, manager?: boolean }} RoleShown */
/** @typedef {{ id: string, name: string, phone: string, roles: RoleShown[], documents?: { kind: string, expires_at: string }[], vehicle_type?: string, registration?: string, held_back?: string }} OnFile */

/** @param {Desk} desk */
export function peopleView(desk) {
  const { session } = desk;
  const { texts, person: me } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  /** @type {OnFile[]} */ let people = [];
  /** @type {string | null} */ let chosen = null;
  let asked = 0;

  const role = el("select", { id: "people-role" }, ...["driver", "passenger", ...(me.manager ? ["staff"] : [])].map((one) => el("option", { value: one }, t(`role_${one}`))));
  const find = el("input", { id: "people-find", type: "search", placeholder: t("find_person"), autocomplete: "off" });
  const wrong = el("p", { class: "error", hidden: true });
  const panel = el("aside", { class: "side card stack", hidden: true, test: "person-panel" });
  const table = makeTable({
    label: t("view_people"), rowTest: "person", sortBy: "name", empty: t("loading"),
    key: (/** @type {OnFile} */ one) => one.id,
    isChosen: (one) => one.id === chosen,
    open: (one) => openPerson(one),
    columns: [
      { id: "name", label: t("name"), cell: (one) => said(one.name), sort: (one) => one.name },
      { id: "phone", label: t("phone"), cell: (one) => code(`+${one.phone}`), sort: (one) => one.phone },
      { id: "roles", label: t("roles"), cell: (one) => one.roles.map((each) => t("role_status", { role: t(each.manager ? "role_manager" : `role_${each.role}`), status: t(`person_${each.status}`) })).join(", "), sort: (one) => one.roles.map((each) => each.status).join() },
      { id: "plate", label: t("plate"), cell: (one) => code(one.registration ?? ""), sort: (one) => one.registration ?? "" },
      { id: "type", label: t("type"), cell: (one) => said(one.vehicle_type ?? ""), sort: (one) => one.vehicle_type ?? "" },
      { id: "held", label: t("offers"), cell: (one) => (one.held_back ? ruleOf(one.held_back, texts) : one.roles.some((each) => each.role === "driver") ? t("may_be_offered") : "–"), sort: (one) => one.held_back ?? "" },
    ],
  });
  const element = el("section", { class: "view", test: "people-view", "aria-labelledby": "people-title" },
    el("div", { class: "view-head" }, el("h2", { id: "people-title" }, t("view_people")),
      el("div", { class: "field inline" }, el("label", { for: "people-role" }, t("role")), role),
      el("div", { class: "field inline" }, el("label", { for: "people-find" }, t("find")), find),
      button({ label: t("add_person"), wide: false, test: "add-person", run: openAdd }),
      button({ label: t("import_people"), wide: false, test: "import-people", run: openImport })),
    wrong, el("div", { class: "with-side" }, table.element, panel));

  async function read() {
    const mine = (asked += 1);
    /** @type {OnFile[]} */
    let found = [];
    let cursor;
    try {
      do {
        const page = await session.request("GET", "/api/people", { query: { role: role.value, limit: PAGE, cursor } });
        if (mine !== asked) return;
        found = [...found, ...page.people];
        cursor = page.next ?? undefined;
        people = found;
        drawAll();
      } while (cursor !== undefined);
      wrong.hidden = true;
      table.sayEmpty(t("nobody_on_file"));
    } catch (error) {
      wrong.hidden = false;
      fill(wrong, errorText(error, texts));
    }
  }

  function drawAll() {
    const wanted = find.value.trim().toLowerCase();
    table.set(wanted === "" ? people : people.filter((one) => [one.name, one.phone, one.registration].some((word) => word?.toLowerCase().includes(wanted))));
  }

  /**
   * Orders something, shows what comes of it, and reads the list anew.
   *
   * @param {HTMLElement} told
   * @param {() => Promise<any>} order
   * @param {(answer: any) => string} sentence
   */
  async function orders(told, order, sentence) {
    try {
      fill(told);
      const answer = await order();
      desk.tell(sentence(answer));
      await read();
      return answer;
    } catch (error) {
      fill(told, errorText(error, texts));
      desk.page.announcer.call(told.textContent ?? "");
      return null;
    }
  }

  /** @param {string} title @param {(HTMLElement | null)[]} content */
  function openPanel(title, ...content) {
    const heading = el("h3", { tabindex: "-1" }, title);
    panel.hidden = false;
    fill(panel, heading, ...content, button({ label: t("back"), kind: "plain", run: close }));
    heading.focus();
  }

  /** @param {OnFile} one */
  function openPerson(one) {
    chosen = one.id;
    table.draw();
    const told = el("p", { class: "error" });
    const path = `/api/people/${encodeURIComponent(one.id)}`;
    const phone = field({ id: "person-phone", label: t("other_phone"), inputmode: "tel", dir: "ltr" });
    const renew = (/** @type {OnFile | null} */ now) => now && openPerson(now);
    openPanel(one.name, el("p", {}, code(`+${one.phone}`)),
      ...one.roles.map((each) => el("div", { class: "stack" }, el("p", {}, t("role_status", { role: t(each.manager ? "role_manager" : `role_${each.role}`), status: t(`person_${each.status}`) })),
        each.status === "suspended"
          ? button({ label: t("activate_as", { role: t(`role_${each.role}`) }), test: "activate", run: async () => renew(await orders(told, () => session.request("POST", `${path}/activate`, { body: { role: each.role } }), () => t("was_activated", { name: one.name }))) })
          : button({ label: t("suspend_as", { role: t(`role_${each.role}`) }), kind: "danger", test: "suspend", run: async () => renew(await orders(told, () => session.request("POST", `${path}/suspend`, { body: { role: each.role } }), () => t("was_suspended", { name: one.name }))) }))),
      ...(one.documents ?? []).map((each) => el("p", { class: "muted" }, t("document_until", { kind: each.kind.replaceAll("_", " "), day: texts.day(new Date(Date.parse(each.expires_at) - 1)) }))),
      el("hr"), phone.element,
      button({
        label: t("move_phone"), test: "move-phone", run: async () => {
          if (phone.input.value.trim() === "") return phone.error(t("phone_wrong"));
          renew(await orders(told, () => session.request("POST", `${path}/phone`, { body: { phone: phone.input.value.trim() } }), () => t("phone_moved", { name: one.name })));
        },
      }), told);
  }

  function openAdd() {
    const told = el("p", { class: "error" });
    const as = el("select", { id: "add-role" }, ...[...role.options].map((option) => el("option", { value: option.value, selected: option.selected }, option.text)));
    const name = field({ id: "add-name", label: t("name"), maxlength: 80 });
    const phone = field({ id: "add-phone", label: t("phone"), inputmode: "tel", dir: "ltr" });
    const plate = field({ id: "add-plate", label: t("plate"), maxlength: 100, dir: "ltr" });
    const car = field({ id: "add-type", label: t("type"), maxlength: 100 });
    const manager = el("input", { type: "checkbox", id: "add-manager" });
    const managerChoice = el("label", { class: "choice" }, manager, t("role_manager"));
    const suit = () => {
      for (const one of [plate, car]) one.element.hidden = as.value !== "driver";
      managerChoice.hidden = as.value !== "staff";
    };
    as.addEventListener("change", suit);
    suit();
    const save = button({ label: t("add_person"), kind: "primary", test: "add-do", type: "submit" });
    const form = el("form", { class: "stack", novalidate: true }, el("div", { class: "field" }, el("label", { for: "add-role" }, t("role")), as), name.element, phone.element, plate.element, car.element, managerChoice, save, told);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const driver = as.value === "driver" ? { vehicle_type: car.input.value.trim(), registration: plate.input.value.trim() } : {};
      const body = { role: as.value, name: name.input.value.trim(), phone: phone.input.value.trim(), ...driver, ...(as.value === "staff" && manager.checked ? { manager: true } : {}) };
      void orders(told, () => session.request("POST", "/api/people", { body }), () => t("was_added", { name: body.name })).then((one) => one && openPerson(one));
    });
    openPanel(t("add_person"), el("p", { class: "hint" }, t("add_hint")), form);
    name.input.focus();
  }

  function openImport() {
    const told = el("p", { class: "error" });
    const list = el("textarea", { id: "import-csv", rows: "8", dir: "ltr", spellcheck: "false" });
    const file = el("input", { type: "file", id: "import-file", accept: ".csv,text/csv" });
    const skip = el("input", { type: "checkbox" });
    const mistakes = el("ul", { class: "small" });
    file.addEventListener("change", async () => {
      list.value = (await file.files?.[0]?.text()) ?? "";
    });
    const take = button({
      label: t("import_do", { role: role.options[role.selectedIndex].text }), kind: "primary", test: "import-do",
      run: async () => {
        fill(mistakes);
        const body = { role: role.value, csv: list.value, ...(skip.checked ? { skip_bad: true } : {}) };
        const answer = await orders(told, () => session.request("POST", "/api/import/people", { body }), ({ added, changed, same }) => t("was_imported", { added, changed, same }));
        fill(mistakes, ...(answer?.mistakes ?? []).map((/** @type {string} */ one) => el("li", {}, said(one))));
      },
    });
    openPanel(t("import_people"), el("p", { class: "hint" }, t("import_hint"), " ", code("phone,name,vehicle_type,registration")),
      el("div", { class: "field" }, el("label", { for: "import-file" }, t("import_file")), file),
      el("div", { class: "field" }, el("label", { for: "import-csv" }, t("import_text")), list),
      el("label", { class: "choice" }, skip, t("skip_bad")), take, told, mistakes);
  }

  function close() {
    panel.hidden = true;
    chosen = null;
    table.draw();
    table.move(0);
  }

  role.addEventListener("change", () => void read());
  searches(find, { changed: drawAll, leave: () => desk.leaveField() });

  return {
    element,
    show: () => void read(),
    heard: () => {},
    draw: () => {},
    move: table.move,
    find: () => find.focus(),
    back() {
      if (panel.hidden) return false;
      close();
      return true;
    },
  };
}
