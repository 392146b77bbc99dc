/** Shows what the sockets take and say, by the server's own AsyncAPI document. */

import { el } from "../shell/dom.js";
import { chosen, showTheme, THEMES } from "../shell/theme.js";

/**
 * @typedef {{ $ref?: string, type?: string, anyOf?: Schema[], enum?: unknown[], items?: Schema, prefixItems?: Schema[],
 *   description?: string, properties?: Record<string, Schema>, required?: string[] }} Schema
 */

/** @param {{ $ref: string }} reference */
const nameOf = ({ $ref }) => $ref.slice($ref.lastIndexOf("/") + 1);

/**
 * The type of a field in words.
 *
 * @param {Schema} schema
 * @returns {string}
 */
function kind(schema) {
  if (schema.$ref !== undefined) return nameOf({ $ref: schema.$ref });
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(kind))].join(" or ");
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" ");
  if (schema.type === "array" && schema.items) return `list of ${kind(schema.items)}`;
  return schema.type ?? "anything";
}

/** @param {Schema} schema */
function words(schema) {
  return schema.description ?? schema.anyOf?.find((one) => one.description)?.description ?? "";
}

/** @param {Schema} schema */
function fields(schema) {
  const required = new Set(schema.required);
  const rows = Object.entries(schema.properties ?? {}).map(([name, field]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, el("code", {}, name)),
      el("td", {}, required.has(name) ? "always" : "may be missing"),
      el("td", {}, kind(field)),
      el("td", {}, words(field)),
    ),
  );
  const head = el("tr", {}, ...["field", "", "type", "must be"].map((word) => el("th", { scope: "col" }, word)));
  return el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows));
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Schema} schema
 */
function folded(id, title, schema) {
  const summary = el("summary", {}, el("code", {}, title), ` ${schema.description ?? ""}`);
  return el("details", { id }, summary, fields(schema));
}

/** @param {any} document_ */
function draw(document_) {
  const { channels, operations, components } = document_;
  /** @type {HTMLElement[]} */
  const parts = [el("h1", {}, "Sockets")];
  for (const [name, channel] of Object.entries(channels)) {
    parts.push(el("h2", {}, el("code", {}, channel.address), ` ${channel.description ?? ""}`));
    for (const [direction, heading] of [
      ["receive", "From the app"],
      ["send", "To the app"],
    ]) {
      parts.push(el("h3", {}, heading));
      for (const reference of operations[`${direction}_${name}`].messages) {
        const message = components.messages[nameOf(reference)];
        const schema = components.schemas[nameOf(message.payload)];
        parts.push(folded(`${name}-${direction}-${message.name}`, message.name, schema));
      }
    }
  }
  const named = Object.entries(components.schemas).filter(([name]) => !(name in components.messages));
  parts.push(el("h2", {}, "What messages are made of"));
  for (const [name, schema] of named) {
    const isObject = /** @type {Schema} */ (schema).properties !== undefined;
    parts.push(isObject ? folded(name, name, schema) : el("p", {}, el("code", {}, name), ` ${kind(schema)}`));
  }
  return parts;
}

showTheme(chosen("theme", THEMES, "auto"));
const answer = await fetch("/asyncapi.json");
if (answer.ok) document.getElementById("view")?.replaceChildren(...draw(await answer.json()));
