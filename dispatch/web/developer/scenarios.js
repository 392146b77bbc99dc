/**
 * What app developers can have happen to their apps, and the frames that must follow: pure. stage.js does it.
 */

/**
 * @typedef {import("./tap.js").Who} Who
 * @typedef {{ who: Who, way: "in" | "out" | "link", type: string, has?: Record<string, unknown> }} Step
 *   `type`: of a frame, or how the text begins that says what became of a connection
 * @typedef {"offer" | "expire" | "taken" | "cut" | "replace"} Name
 * @typedef {{ name: Name, rideId: string, ticked: boolean[], state: "running" | "done" | "failed", why: string }} Progress
 *   `why`: what went wrong, in words; "" where nothing did
 */

const BOOKED = /** @type {const} */ ([
  { who: "passenger", way: "out", type: "find_driver" },
  { who: "passenger", way: "in", type: "searching" },
  { who: "driver", way: "in", type: "ride_request" },
]);

/** @type {Readonly<Record<Name, readonly Step[]>>} */
export const SCENARIOS = {
  offer: [
    ...BOOKED,
    { who: "driver", way: "out", type: "accept_ride" },
    { who: "driver", way: "in", type: "ride_accepted" },
    { who: "passenger", way: "in", type: "driver_assigned" },
  ],
  expire: [...BOOKED, { who: "driver", way: "in", type: "offer_closed", has: { reason: "expired" } }],
  taken: [...BOOKED, { who: "driver", way: "in", type: "offer_closed", has: { reason: "taken" } }],
  cut: [
    { who: "driver", way: "link", type: "closed" },
    { who: "driver", way: "link", type: "open" },
    { who: "driver", way: "out", type: "resume" },
    { who: "driver", way: "in", type: "snapshot", has: { recovered: true } },
  ],
  replace: [
    { who: "driver", way: "link", type: "open" },
    { who: "driver", way: "link", type: "closed 4504" },
  ],
};

/**
 * @param {Name} name
 * @param {string} rideId of the ride that it is about
 * @returns {Progress}
 */
export function begun(name, rideId) {
  return { name, rideId, ticked: SCENARIOS[name].map(() => false), state: "running", why: "" };
}

/**
 * Ticks the first step that this row is, if it is one. Two sockets have no common order, so neither have steps.
 *
 * @param {Progress} progress
 * @param {import("./state.js").Row} row
 * @returns {Progress}
 */
export function tick(progress, row) {
  if (progress.state !== "running") return progress;
  const found = SCENARIOS[progress.name].findIndex((step, index) => !progress.ticked[index] && isStep(step, row, progress.rideId));
  if (found < 0) return progress;
  const ticked = progress.ticked.map((was, index) => was || index === found);
  return { ...progress, ticked, state: ticked.every(Boolean) ? "done" : "running" };
}

/**
 * The steps that have not been ticked, in words; "" where all have.
 *
 * @param {Progress} progress
 */
export function missingOf({ name, ticked }) {
  const missing = SCENARIOS[name].filter((_, index) => !ticked[index]);
  return missing.map(({ type, has }) => [type, ...Object.values(has ?? {})].join(" ")).join(", ");
}

/**
 * @param {Step} step
 * @param {import("./state.js").Row} row
 * @param {string} rideId
 */
function isStep(step, row, rideId) {
  if (row.who !== step.who || row.way !== step.way) return false;
  if (step.way === "link") return row.type.startsWith(step.type);
  if (row.type !== step.type) return false;
  const frame = row.frame ?? {};
  if (frame.ride_id !== undefined && frame.ride_id !== rideId) return false;
  return Object.entries(step.has ?? {}).every(([name, value]) => frame[name] === value);
}
