/** What happened to a ride, in sentences. Pure. */

/** @typedef {import("../shell/texts.js").Texts} Texts */
/** @typedef {Record<string, any> & { at: string, what: string, by: string }} Entry as the `timeline` of a ride has it */

/** A round that nobody was asked in says nothing; that the desk booked stands in the first line. @param {Entry} entry */
const saysNothing = (entry) => (entry.what === "asked" && (entry.drivers ?? []).length === 0) || (entry.what === "staff_acted" && entry.action === "book");
const DEEPER = new Set(["offers_closed", "declined"]);

/**
 * A line for each entry; what an offer came to stands indented under its round.
 *
 * @param {readonly Entry[]} entries
 * @param {Texts} texts
 * @param {(driverId: string) => string} nameOf
 * @param {string | null | undefined} currency
 * @returns {{ at: string, text: string, isIndented: boolean }[]}
 */
export function timelineOf(entries, texts, nameOf, currency) {
  return entries.filter((entry) => !saysNothing(entry)).map((entry) => ({ at: entry.at, text: sentence(entry, texts, nameOf, currency), isIndented: DEEPER.has(entry.what) }));
}

/**
 * @param {Entry} entry
 * @param {Texts} texts
 * @param {(driverId: string) => string} nameOf
 * @param {string | null | undefined} currency
 */
function sentence(entry, texts, nameOf, currency) {
  const say = (/** @type {string} */ key, values = {}) => texts.say(`desk.line_${key}`, values);
  const party = texts.has(`desk.by_${entry.by}`) ? texts.say(`desk.by_${entry.by}`) : entry.by;
  const driver = entry.driver_name ?? (entry.driver_id ? nameOf(entry.driver_id) : "");
  const names = (entry.drivers ?? []).map(nameOf).join(", ");
  const reason = entry.reason ? texts.say("desk.because", { reason: wordFor(entry.reason, texts) }) : "";
  const who = { by: party, name: driver, reason };
  switch (entry.what) {
    case "requested": return say("requested", who);
    case "scheduled": return say("scheduled", { ...who, time: entry.pickup_at ? texts.dayAndTime(new Date(entry.pickup_at)) : "" });
    case "asked": return entry.round ? say("asked", { round: entry.round, n: (entry.drivers ?? []).length, names }) : say("asked_by_desk", { names });
    case "offers_closed": return say("offers_closed", { n: (entry.drivers ?? []).length, names, reason });
    case "fare_changed": return say("fare_changed", { money: texts.money(entry.fare, currency), reason });
    case "note_changed": return say("note_changed", { note: entry.note ?? "" });
    case "staff_acted": return say("staff_acted", { act: texts.has(`desk.act_${entry.action}`) ? texts.say(`desk.act_${entry.action}`) : entry.action, name: driver });
    case "rated": return say("rated", { by: party, n: entry.rating, comment: entry.comment ? `“${entry.comment}”` : "" });
    case "completed": return say("completed", { name: driver, money: texts.money(entry.fare ?? 0, currency) });
    default: return texts.has(`desk.line_${entry.what}`) ? say(entry.what, who) : `${entry.what} ${driver}`.trim();
  }
}

/** The server's word for a reason, in words; what people wrote stays as it is. @param {string} reason @param {Texts} texts */
export function wordFor(reason, texts) {
  const key = `desk.outcome_${reason.replaceAll(" ", "_")}`;
  return texts.has(key) ? texts.say(key) : reason;
}
