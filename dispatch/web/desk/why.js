/** Why a ride went to whom it went: each round in a sentence, and below it each driver with the rule that decided. */

import { el, fill, said } from "../shell/dom.js";
import { errorText } from "../shell/errors.js";
import { roundSum } from "./state.js";

/** @typedef {import("./app.js").Desk} Desk */
/** @typedef {{ driver_id: string, driver_name?: string | null, distance_m?: number | null, eta_s?: number | null, rule: string, outcome?: string, after_s?: number | null }} Considered */
/** @typedef {{ search: number, round: number, refill: boolean, at: string | number, radius_m: number | null, explained: boolean, considered: Considered[], others: Record<string, number> }} Round */

/**
 * Fills the box with the explanation of a ride.
 *
 * @param {Desk} desk
 * @param {HTMLElement} box
 * @param {{ ride_id: string }} ride
 */
export async function whyPart(desk, box, ride) {
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  if (box.childElementCount === 0) fill(box, el("p", { class: "loading" }, t("loading")));
  try {
    const told = await desk.session.request("GET", `/api/rides/${encodeURIComponent(ride.ride_id)}/why`);
    const rounds = [.../** @type {Round[]} */ (told.rounds)].reverse();
    fill(box, el("h3", { tabindex: "-1" }, t("why")), ...(rounds.length === 0 ? [el("p", {}, t("why_no_round"))] : rounds.map((round) => roundOf(round, desk))));
  } catch (error) {
    fill(box, el("p", { class: "error" }, errorText(error, texts)));
  }
}

/** @param {Round} round @param {Desk} desk */
function roundOf(round, desk) {
  const { texts } = desk.page;
  const t = (/** @type {string} */ key, values = {}) => texts.say(`desk.${key}`, values);
  const others = Object.entries(round.others ?? {});
  const beyond = others.reduce((sum, [, n]) => sum + n, 0);
  const sum = roundSum(round);
  const near = sum.near + beyond;
  const sentence = round.explained
    ? t("why_round", { round: round.round, asked: sum.asked, near, dropped: near - sum.asked })
    : t("why_unexplained", { round: round.round, n: sum.asked });
  const rows = round.considered.map((row, at) => el("tr", {},
    el("td", { class: "number" }, at + 1),
    el("td", {}, said(row.driver_name ?? desk.roster.name(row.driver_id))),
    el("td", { class: "number" }, typeof row.distance_m === "number" ? texts.distance(row.distance_m) : "–"),
    el("td", { class: "number" }, typeof row.eta_s === "number" ? texts.duration(row.eta_s) : "–"),
    el("td", {}, outcomeOf(row, texts)),
    el("td", {}, ruleOf(row.rule, texts))));
  const more = others.map(([rule, n]) => el("tr", {}, el("td", { class: "number" }, "–"), el("td", {}, t("n_others", { n })), el("td", { class: "number" }, "–"), el("td", { class: "number" }, "–"), el("td", {}, t("not_asked")), el("td", {}, ruleOf(rule, texts))));
  const head = ["#", t("driver"), t("away"), t("eta"), t("outcome"), t("rule")].map((label, at) => el("th", { scope: "col", class: [0, 2, 3].includes(at) ? "number" : null }, label));
  return el("div", { class: "why-round" }, el("p", {}, el("strong", {}, sentence)),
    el("table", { class: "grid small-grid" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows, ...more)));
}

/** @param {Considered} row @param {import("../shell/texts.js").Texts} texts */
function outcomeOf({ rule, outcome, after_s }, texts) {
  if (rule !== "asked" && rule !== "pushed") return texts.say("desk.not_asked");
  const key = `desk.outcome_${outcome ?? "open"}`;
  const word = texts.has(key) ? texts.say(key) : String(outcome);
  return typeof after_s === "number" ? texts.say("desk.asked_after", { outcome: word, n: Math.round(after_s) }) : texts.say("desk.asked_and", { outcome: word });
}

/** @param {string} rule @param {import("../shell/texts.js").Texts} texts */
export function ruleOf(rule, texts) {
  const key = `desk.rule_${rule}`;
  return texts.has(key) ? texts.say(key) : rule;
}
