/** What a day came to: figures, three small charts with their tables, takings by driver, and the same for spreadsheets. For managers. */

import { code, el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { button } from "../shell/form.js";
import { drawChart } from "./chart.js";
import { makeTable } from "./table.js";

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {{ at: string, requests: number, completed: number, no_drivers: number, revenue: number, p50: number | null, p90: number | null }} Hour */
/** @typedef {{ driver_id: string, driver_name: string | null, rides: number, fares: number, cash: number, card: number, fees: number, distance_km: number }} Taking */

/** @param {Desk} desk */
export function dayView(desk) {
  const { session } = desk;
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  /** @type {any} */ let figures = null;
  let currency = desk.page.town.currency ?? null;
  /** @type {(() => void)[]} */ let ends = [];
  let asTables = false;

  const day = el("input", { type: "date", id: "day" });
  const wrong = el("p", { class: "error", hidden: true });
  const sums = el("dl", { class: "sums", test: "figures" });
  const charts = el("div", { class: "charts" });
  const money = (/** @type {number} */ sum) => code(texts.money(sum, currency), "money");
  const table = makeTable({
    isWhole: true,
    label: t("takings"), sortBy: "name", empty: t("loading"), test: "takings",
    key: (/** @type {Taking} */ row) => row.driver_id,
    columns: [
      { id: "name", label: t("driver"), cell: (row) => said(row.driver_name ?? row.driver_id), sort: (row) => row.driver_name ?? row.driver_id },
      { id: "rides", label: t("rides"), isNumber: true, cell: (row) => row.rides, sort: (row) => row.rides },
      { id: "fares", label: t("fares"), isNumber: true, cell: (row) => money(row.fares), sort: (row) => row.fares },
      { id: "cash", label: t("pay_cash"), isNumber: true, cell: (row) => money(row.cash), sort: (row) => row.cash },
      { id: "card", label: t("pay_card"), isNumber: true, cell: (row) => money(row.card), sort: (row) => row.card },
      { id: "fees", label: t("fees"), isNumber: true, cell: (row) => money(row.fees), sort: (row) => row.fees },
      { id: "km", label: t("distance"), isNumber: true, cell: (row) => texts.distance(row.distance_km * 1_000), sort: (row) => row.distance_km },
    ],
  });
  const csv = button({ label: t("csv_takings"), wide: false, test: "csv", run: () => saveTakings() });
  const csvHours = button({ label: t("csv_hours"), wide: false, run: () => saveHours() });
  const asTable = button({ label: t("as_tables"), wide: false, test: "as-table", run: () => toggle() });
  const element = el("section", { class: "view day-view", test: "day-view", "aria-labelledby": "day-title" },
    el("div", { class: "view-head" }, el("h2", { id: "day-title" }, t("view_day")), el("div", { class: "field inline" }, el("label", { for: "day" }, t("date")), day), asTable, csv, csvHours),
    wrong, el("div", { class: "day-body scroll", tabindex: "-1" }, sums, charts, el("h3", {}, t("takings")), table.element));

  async function read() {
    const query = { day: day.value || undefined };
    try {
      const [told, taken] = await Promise.all([session.request("GET", "/api/figures", { query }), session.request("GET", "/api/takings", { query })]);
      figures = told;
      currency = told.currency ?? currency;
      day.value = told.day;
      wrong.hidden = true;
      table.sayEmpty(t("no_takings"));
      table.set(taken.drivers);
      drawSums();
      await drawCharts();
    } catch (error) {
      wrong.hidden = false;
      fill(wrong, errorText(error, texts));
    }
  }

  function drawSums() {
    const { requests, completed, cancelled, no_show, no_drivers, seconds_to_assign: wait, revenue, fees } = figures;
    const gone = cancelled.passenger + cancelled.driver + cancelled.ops + cancelled.system;
    const over = completed + gone + no_show + no_drivers;
    /** @type {[string, Node | string][]} */
    const all = [
      [t("requests"), texts.number(requests)],
      [t("completed"), over === 0 ? texts.number(completed) : t("of_percent", { n: completed, percent: Math.round((100 * completed) / over) })],
      [t("median_to_assign"), wait.p50 === null ? "–" : texts.clock(wait.p50)],
      [t("p90_to_assign"), wait.p90 === null ? "–" : texts.clock(wait.p90)],
      [t("unserved"), texts.number(no_drivers)],
      [t("status_cancelled"), texts.number(gone)],
      [t("status_no_show"), texts.number(no_show)],
      [t("fares"), money(revenue)],
      [t("fees"), money(fees)],
    ];
    fill(sums, ...all.map(([label, value]) => el("div", {}, el("dt", { class: "muted" }, label), el("dd", { class: "big-number" }, value))));
  }

  async function drawCharts() {
    for (const end of ends) end();
    ends = [];
    const hours = /** @type {Hour[]} */ (figures.hours);
    const times = hours.map(({ at }) => texts.time(new Date(at)));
    const now = desk.serverNow();
    // Of an hour that has not begun nothing is known, not even that it is nothing.
    const of = (/** @type {keyof Hour} */ name) => hours.map((hour) => (Date.parse(hour.at) > now ? null : /** @type {number | null} */ (hour[name])));
    const specs = [
      { title: t("chart_rides"), series: [{ label: t("requests"), values: of("requests") }, { label: t("completed"), values: of("completed") }], format: (/** @type {number} */ n) => texts.number(n) },
      { title: t("chart_wait"), series: [{ label: t("median"), values: of("p50") }, { label: t("p90"), values: of("p90") }], format: (/** @type {number} */ n) => texts.clock(n) },
      { title: t("chart_fares"), series: [{ label: t("fares"), values: of("revenue") }], format: (/** @type {number} */ n) => texts.money(n, currency) },
    ];
    fill(charts, ...specs.map(({ title, series, format }) => {
      const plot = el("div", { class: "plot" });
      const held = el("div", { class: "chart-table", hidden: true }, hourTable(title, times, series, format));
      const flip = button({
        label: t("as_table"), wide: false, run: () => {
          held.hidden = !held.hidden;
          plot.hidden = !held.hidden;
          fill(flip, t(held.hidden ? "as_table" : "as_chart"));
        },
      });
      flip.classList.add("small-button");
      if (asTables) flip.click();
      const note = series.length > 1 ? t("chart_lines", { first: series[0].label, second: series[1].label }) : "";
      const figure = el("figure", { class: "card chart" }, el("figcaption", { class: "spread" }, el("span", {}, el("strong", {}, title), " ", el("span", { class: "muted small" }, note)), flip), plot, held);
      queueMicrotask(async () => {
        ends.push(await drawChart(plot, { times, series: series.map(({ values }) => values), format, title }));
      });
      return figure;
    }));
  }

  /**
   * @param {string} title
   * @param {string[]} times
   * @param {{ label: string, values: (number | null)[] }[]} series
   * @param {(n: number) => string} format
   */
  function hourTable(title, times, series, format) {
    return el("table", { class: "grid small-grid", "aria-label": title },
      el("thead", {}, el("tr", {}, el("th", { scope: "col" }, t("hour")), ...series.map(({ label }) => el("th", { scope: "col", class: "number" }, label)))),
      el("tbody", {}, ...times.map((time, at) => el("tr", {}, el("th", { scope: "row", class: "tabular" }, time), ...series.map(({ values }) => el("td", { class: "number" }, values[at] === null ? "–" : code(format(/** @type {number} */ (values[at])), "money")))))));
  }

  function toggle() {
    asTables = !asTables;
    for (const flip of /** @type {NodeListOf<HTMLElement>} */ (charts.querySelectorAll("figcaption button"))) {
      const isTable = !/** @type {HTMLElement} */ (flip.closest("figure")?.querySelector(".chart-table")).hidden;
      if (isTable !== asTables) flip.click();
    }
    fill(asTable, t(asTables ? "as_charts" : "as_tables"));
  }

  async function saveTakings() {
    const told = await session.request("GET", "/api/takings", { query: { day: day.value || undefined } });
    const columns = ["driver_id", "driver_name", "rides", "fares", "cash", "card", "fees", "distance_km", "without_fare"];
    save(`takings-${told.day}.csv`, columns, told.drivers);
  }

  function saveHours() {
    if (figures) save(`hours-${figures.day}.csv`, ["at", "requests", "completed", "no_drivers", "revenue", "p50", "p90"], figures.hours);
  }

  day.addEventListener("change", () => void read());

  return { element, show: () => void read(), heard: () => {}, draw: () => {}, move: table.move, find: () => day.focus(), table: toggle };
}

/**
 * Hands the browser a table for spreadsheets. A text that a spreadsheet would take for a formula is kept from being one.
 *
 * @param {string} name of the file
 * @param {string[]} columns
 * @param {Record<string, any>[]} rows
 */
function save(name, columns, rows) {
  const cell = (/** @type {unknown} */ value) => {
    const text = typeof value === "string" && /^[=+\-@\t]/.test(value) ? `'${value}` : String(value ?? "");
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const table = [columns.join(","), ...rows.map((row) => columns.map((column) => cell(row[column])).join(","))].join("\r\n");
  const url = URL.createObjectURL(new Blob(["\uFEFF", table], { type: "text/csv" }));
  const link = el("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
