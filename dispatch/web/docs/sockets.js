/** Shows what the sockets take and say, by the server's own AsyncAPI document. */

/**
 * @typedef {{ $ref?: string, type?: string, anyOf?: Schema[], enum?: unknown[], items?: Schema, prefixItems?: Schema[],
 *   description?: string, properties?: Record<string, Schema>, required?: string[] }} Schema
 */

/**
 * An element with these children; text stays text.
 *
 * @param {string} tag
 * @param {Record<string, string>} attributes
 * @param {(Node | string)[]} children
 */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

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
    element(
      "tr",
      {},
      element("th", { scope: "row" }, element("code", {}, name)),
      element("td", {}, required.has(name) ? "always" : "may be missing"),
      element("td", {}, kind(field)),
      element("td", {}, words(field)),
    ),
  );
  const head = element("tr", {}, ...["field", "", "type", "must be"].map((word) => element("th", { scope: "col" }, word)));
  return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows));
}

/**
 * @param {string} id
 * @param {string} title
 * @param {Schema} schema
 */
function folded(id, title, schema) {
  const summary = element("summary", {}, element("code", {}, title), ` ${schema.description ?? ""}`);
  return element("details", { id }, summary, fields(schema));
}

/** @param {any} document_ */
function draw(document_) {
  const { channels, operations, components } = document_;
  const parts = [element("h1", {}, "Sockets")];
  for (const [name, channel] of Object.entries(channels)) {
    parts.push(element("h2", {}, element("code", {}, channel.address), ` ${channel.description ?? ""}`));
    for (const [direction, heading] of [
      ["receive", "From the app"],
      ["send", "To the app"],
    ]) {
      parts.push(element("h3", {}, heading));
      for (const reference of operations[`${direction}_${name}`].messages) {
        const message = components.messages[nameOf(reference)];
        const schema = components.schemas[nameOf(message.payload)];
        parts.push(folded(`${name}-${direction}-${message.name}`, message.name, schema));
      }
    }
  }
  const named = Object.entries(components.schemas).filter(([name]) => !(name in components.messages));
  parts.push(element("h2", {}, "What messages are made of"));
  for (const [name, schema] of named) {
    const isObject = /** @type {Schema} */ (schema).properties !== undefined;
    parts.push(isObject ? folded(name, name, schema) : element("p", {}, element("code", {}, name), ` ${kind(schema)}`));
  }
  return parts;
}

const answer = await fetch("/asyncapi.json");
if (answer.ok) document.getElementById("view")?.replaceChildren(...draw(await answer.json()));

export {};
