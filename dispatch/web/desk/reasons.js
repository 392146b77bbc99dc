/** The reasons that staff choose from; the text of each is `desk.reason_<name>`, and what is sent is that text. */

export const CLOSE_REASONS = /** @type {const} */ (["caller_rang_off", "caller_cancelled", "no_driver", "booked_twice", "wrong_address", "other"]);
export const REASSIGN_REASONS = /** @type {const} */ (["flat_tyre", "driver_asked", "driver_lost", "too_late", "other"]);
