// The messages of the wire protocol, as dispatch reads and writes them.
// Made by `python docs/make_client_types.py`; do not edit it by hand.

/** Yes. Without `offer_id`: to whatever is open for that ride. */
export interface AcceptRide {
  type: "accept_ride";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  /** text of 1 to 80 characters */
  driver_id: string;
  offer_id?: string | null;
  id?: string | null;
}

/**
 * What became of what the app sent; `id` is the one that the app gave it. `result`: `ok`, it took effect and is on
 * disk, or `ignored`, and the `reason`. `ignored`: of several positions in one message, how many were ignored, by
 * reason.
 */
export interface Ack {
  type: "ack";
  result: string;
  id?: string | null;
  reason?: string | null;
  ignored?: Record<string, number> | null;
}

/** At the pickup. */
export interface Arrived {
  type: "arrived";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  id?: string | null;
  driver_id?: string | null;
}

/** I am the person of this access token; or I still am, and this is a newer one. */
export interface Authenticate {
  type: "authenticate";
  /** text */
  token: string;
  id?: string | null;
}

/** All drivers in memory, and all rides that are not over. */
export interface Board {
  type: "board";
  number: number;
  at: string;
  beat_ms: number;
  drivers: ([number, string, string, boolean, boolean, number | null, number | null, string | null, string])[];
  rides: RideRow[];
}

/**
 * A ride that is not over, or that has just ended. `asked`: who holds an offer of it in this `round`.
 * `unasked_since`: since when nobody does.
 */
export interface RideRow {
  ride_id: string;
  status: string;
  requested_at: string | null;
  passenger_name: string;
  pickup_latitude: number;
  pickup_longitude: number;
  pickup_address: string;
  dropoff_latitude: number;
  dropoff_longitude: number;
  dropoff_address: string;
  driver_id?: string | null;
  pickup_at?: string | null;
  by_phone?: boolean;
  round?: number;
  asked?: string[];
  unasked_since?: string | null;
}

/** These indexes have no driver now; these drivers and rides are as follows. */
export interface BoardChanged {
  type: "board_changed";
  number: number;
  at: string;
  gone: number[];
  drivers: ([number, string, string, boolean, boolean, number | null, number | null, string | null, string])[];
  rides: RideRow[];
}

/**
 * Who has moved since the last of these, three numbers each: how many indexes further, how many steps north, how
 * many east.
 */
export interface BoardMoved {
  type: "board_moved";
  number: number;
  at: string;
  moved: number[];
}

/** The passenger does not want the ride any more. */
export interface CancelRide {
  type: "cancel_ride";
  reason?: string | null;
  id?: string | null;
}

/** The passenger is out. */
export interface CompleteRide {
  type: "complete_ride";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  id?: string | null;
  driver_id?: string | null;
}

/** No. */
export interface DeclineRide {
  type: "decline_ride";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  offer_id?: string | null;
  reason?: string | null;
  id?: string | null;
  driver_id?: string | null;
}

/** A document of the driver ends soon: then there will be no offers. */
export interface DocumentExpiring {
  type: "document_expiring";
  seq?: number;
  epoch?: string;
  document: string;
  expires_at: number | string;
  ttl_ms?: number | null;
}

/**
 * The driver is at the pickup. When waiting begins to cost and what a minute costs; when a no-show may be reported
 * and what the passenger owes then.
 */
export interface DriverArrived {
  type: "driver_arrived";
  ride_id: string;
  seq?: number;
  epoch?: string;
  cancel_fee?: number | null;
  cancel_free_until?: string | null;
  cancel_free_ttl_ms?: number | null;
  waiting_free_until?: string | null;
  waiting_free_ttl_ms?: number | null;
  waiting_per_minute?: number | null;
  no_show_at?: string | null;
  no_show_ttl_ms?: number | null;
  no_show_fee?: number | null;
}

/** Who comes, and from where if that is known. */
export interface DriverAssigned {
  type: "driver_assigned";
  ride_id: string;
  seq?: number;
  epoch?: string;
  cancel_fee?: number | null;
  cancel_free_until?: string | null;
  cancel_free_ttl_ms?: number | null;
  driver_id: string;
  driver_name: string;
  driver_phone: string;
  driver_rating: number;
  vehicle_type: string;
  vehicle_registration: string;
  driver_latitude?: number | null;
  driver_longitude?: number | null;
  eta_s?: number | null;
  distance_m?: number | null;
  start_pin?: string | null;
}

/** The driver cannot take the ride after all. */
export interface DriverCancelRide {
  type: "cancel_ride";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  reason?: string | null;
  id?: string | null;
  driver_id?: string | null;
}

/** The driver does not come, by `driver`, `ops` or `system`; `searching` follows, or `no_drivers`. */
export interface DriverCancelled {
  type: "driver_cancelled";
  ride_id: string;
  seq?: number;
  epoch?: string;
  by: Party;
  reason: string;
}

/** Who did something to a ride: cancelled it, gave it up, or rated the other side. */
export type Party = "driver" | "ops" | "passenger" | "system";

/** Where the driver is, and what is left of the way: to the pickup, then to the dropoff. The latest counts. */
export interface DriverLocation {
  type: "driver_location";
  ride_id: string;
  latitude: number;
  longitude: number;
  heading?: number | null;
  eta_s: number;
  distance_m: number;
}

/** All that a driver's app needs after a gap. `offer` and `ride` are always there, null where there is none. */
export interface DriverSnapshot {
  type: "snapshot";
  seq?: number;
  epoch?: string;
  status: string;
  offer: RideRequest | null;
  ride: CurrentRide | null;
  recovered: boolean;
}

/** Will you take it? */
export interface RideRequest {
  type: "ride_request";
  ride_id: string;
  seq: number;
  epoch: string;
  passenger_name: string;
  passenger_phone: string;
  pickup_address: string;
  dropoff_address: string;
  pickup_latitude: number;
  pickup_longitude: number;
  dropoff_latitude: number;
  dropoff_longitude: number;
  distance: number;
  fare: number;
  estimated_duration: number;
  fare_by_agreement?: boolean;
  offer_id: string;
  round: number;
  expires_at: string;
  ttl_ms: number;
  pickup_distance_m: number;
  pickup_eta_s: number;
  currency?: string | null;
  pickup_at?: string | null;
  payment_method?: string | null;
  vehicle_type?: string | null;
  note?: string | null;
}

/**
 * The driver's ride inside a snapshot: what `ride_accepted` said, how far it is, and what `driver_arrived` said of
 * the wait.
 */
export interface CurrentRide {
  ride_id: string;
  status: string;
  waiting_free_until?: string | null;
  waiting_free_ttl_ms?: number | null;
  waiting_per_minute?: number | null;
  no_show_at?: string | null;
  no_show_ttl_ms?: number | null;
  no_show_fee?: number | null;
  passenger_name: string;
  passenger_phone: string;
  pickup_address: string;
  dropoff_address: string;
  pickup_latitude: number;
  pickup_longitude: number;
  dropoff_latitude: number;
  dropoff_longitude: number;
  distance: number;
  fare: number;
  estimated_duration: number;
  fare_by_agreement?: boolean;
  currency?: string | null;
  note?: string | null;
  pin_required?: boolean;
  pickup_at?: string | null;
  payment_method?: string | null;
  vehicle_type?: string | null;
}

/** The driver on the way is `standing_still`, `driving_away` or `not_heard`. */
export interface DriverUnreachable {
  type: "driver_unreachable";
  ride_id: string;
  seq?: number;
  epoch?: string;
  reason: RideWarning;
}

/** What is wrong with a driver on the way to a pickup, or on arrival there. */
export type RideWarning = "driving_away" | "far_from_pickup" | "not_heard" | "standing_still";

/**
 * Something about the driver's ride is not right: `standing_still`, `driving_away`, `not_heard` or
 * `far_from_pickup`.
 */
export interface DriverWarned {
  type: "warning";
  ride_id: string;
  seq?: number;
  epoch?: string;
  reason: RideWarning;
}

/** The operator's people changed the fare, and why. */
export interface FareNews {
  type: "fare_changed";
  ride_id: string;
  seq?: number;
  epoch?: string;
  fare: number;
  currency?: string | null;
  reason: string;
}

/**
 * Book this trip, at the price of `quote_id` if there is one. With `require_pin` the driver starts only with four
 * digits that the passenger is told. The last two fields say who rides, where nobody has to prove it.
 */
export interface FindDriver {
  type: "find_driver";
  /** a number from -90 to 90 */
  pickup_latitude: number;
  /** a number from -180 to 180 */
  pickup_longitude: number;
  /** a number from -90 to 90 */
  dropoff_latitude: number;
  /** a number from -180 to 180 */
  dropoff_longitude: number;
  /** text of at most 300 characters */
  pickup_address: string;
  /** text of at most 300 characters */
  dropoff_address: string;
  /** a number from 0 to 1000000 */
  distance_km: number;
  /** a number from 0 to 1000000 */
  estimated_duration_minutes: number;
  /** a number from 0 to 1000000 */
  fare_amount: number;
  quote_id?: string | null;
  vehicle_type?: string | null;
  note?: string | null;
  require_pin?: boolean | null;
  pickup_at?: string | null;
  payment_method?: string | null;
  passenger_name?: string | null;
  passenger_phone?: string | null;
  id?: string | null;
}

/** Where the driver was while the phone was offline, oldest first. */
export interface LocationBatch {
  type: "location_batch";
  /** a list of 1 to 200 positions */
  positions: Position[];
  id?: string | null;
  driver_id?: string | null;
}

/** What `location_update` says, as one of several. */
export interface Position {
  /** a number from -90 to 90 */
  latitude: number;
  /** a number from -180 to 180 */
  longitude: number;
  heading?: number | null;
  speed_mps?: number | null;
  accuracy_m?: number | null;
  recorded_at?: string | null;
}

/** Where the driver is, and since when if that is not now. */
export interface LocationUpdate {
  type: "location_update";
  /** a number from -90 to 90 */
  latitude: number;
  /** a number from -180 to 180 */
  longitude: number;
  heading?: number | null;
  speed_mps?: number | null;
  accuracy_m?: number | null;
  recorded_at?: string | null;
  id?: string | null;
  driver_id?: string | null;
}

/** The search is over and nobody took the ride. */
export interface NoDrivers {
  type: "no_drivers";
  ride_id: string;
  seq?: number;
  epoch?: string;
  reason: SearchEnd;
  rounds: number;
  drivers_asked: number;
}

/** Why a search ended without a driver. */
export type SearchEnd = "nobody accepted" | "nobody near" | "the driver gave it up";

/** The driver's file keeps offers away: the driver is `suspended`, or this `document` does not hold any more. */
export interface NoOffers {
  type: "no_offers";
  seq?: number;
  epoch?: string;
  reason: DriverStatus;
  document?: string | null;
}

/** Whether a driver can be asked, as the driver's actor announces it to the dispatcher. */
export type DriverStatus = "asleep" | "available" | "busy" | "document_ended" | "offline" | "suspended" | "unavailable";

/** Nobody came to the pickup. */
export interface NoShow {
  type: "no_show";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  id?: string | null;
  driver_id?: string | null;
}

/** The operator's people changed the passenger's note for the driver. */
export interface NoteNews {
  type: "note_changed";
  ride_id: string;
  seq?: number;
  epoch?: string;
  note: string;
}

/** That offer is over, and why. Said again with the same `seq` to an answer that comes too late. */
export interface OfferClosed {
  type: "offer_closed";
  ride_id: string;
  seq?: number;
  epoch?: string;
  offer_id: string;
  reason: OfferOutcome;
}

/** How an offer, or a claim that came of it, ended; `open` while it did not. */
export type OfferOutcome = "accepted" | "cancelled" | "declined" | "declined_before" | "driver_busy" | "expired" | "open" | "superseded" | "taken" | "unavailable" | "vanished";

/** The operator's people end this ride. The passenger and the driver read the reason. */
export interface OpsCancelRide {
  type: "cancel_ride";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  reason?: string | null;
  id?: string | null;
}

/** The ride that the desk cancelled is over: by whom and why it ended, even if that was before. */
export interface OpsRideClosed {
  type: "ride_closed";
  ride_id: string;
  status: string;
  by: string;
  reason: string;
}

/**
 * The whole ride as its passenger may see it; the driver's fields once there is one, and until the end where the
 * driver is, if that is known; `payment_status` where a card pays; the fields of waiting while the driver waits;
 * `breakdown` and `driven_km` of a ride that is completed, `by`, `reason` and `fee` of one that ended otherwise.
 */
export interface PassengerSnapshot {
  type: "snapshot";
  ride_id: string;
  seq?: number;
  epoch?: string;
  cancel_fee?: number | null;
  cancel_free_until?: string | null;
  cancel_free_ttl_ms?: number | null;
  status: string;
  fare?: number | null;
  fare_by_agreement?: boolean;
  currency?: string | null;
  driver_id?: string | null;
  driver_name?: string | null;
  driver_phone?: string | null;
  driver_rating?: number | null;
  vehicle_type?: string | null;
  vehicle_registration?: string | null;
  driver_latitude?: number | null;
  driver_longitude?: number | null;
  eta_s?: number | null;
  distance_m?: number | null;
  start_pin?: string | null;
  pickup_at?: string | null;
  payment_status?: string | null;
  pickup_address?: string | null;
  dropoff_address?: string | null;
  pickup_latitude?: number | null;
  pickup_longitude?: number | null;
  dropoff_latitude?: number | null;
  dropoff_longitude?: number | null;
  distance_km?: number | null;
  duration_minutes?: number | null;
  driven_km?: number | null;
  breakdown?: Record<string, number> | null;
  waiting_free_until?: string | null;
  waiting_free_ttl_ms?: number | null;
  waiting_per_minute?: number | null;
  no_show_at?: string | null;
  no_show_ttl_ms?: number | null;
  no_show_fee?: number | null;
  by?: string | null;
  reason?: string | null;
  fee?: number | null;
  recovered: boolean;
}

/**
 * The charge of a ride that is over was `paid` or `declined`. `amount` in major units. `reason` in the provider's
 * words, where it gave one; to the passenger alone.
 */
export interface PaymentChanged {
  type: "payment";
  ride_id: string;
  seq?: number;
  epoch?: string;
  status: PaymentStatus;
  amount: number;
  currency: string;
  reason?: string | null;
}

/** What became of the money for a ride that is over. */
export type PaymentStatus = "" | "declined" | "paid" | "pending";

/** I am here; are you? */
export interface Ping {
  type: "ping";
  id?: string | null;
}

/** I am here. */
export interface Pong {
  type: "pong";
}

/** What the passenger thinks of the driver, after the ride. */
export interface RateDriver {
  type: "rate_driver";
  /** a whole number from 1 to 5 */
  rating: number;
  comment?: string | null;
  id?: string | null;
}

/** What the driver thinks of the passenger, after the ride. */
export interface RatePassenger {
  type: "rate_passenger";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  /** a whole number from 1 to 5 */
  rating: number;
  comment?: string | null;
  id?: string | null;
  driver_id?: string | null;
}

/**
 * What the app sent did nothing, and why: `code` for programs, `message` for people. `ride_id` where it concerned
 * one. `tries_left`: how many more wrong pins lock the ride.
 */
export interface Refused {
  type: "error";
  code: string;
  message: string;
  field?: string | null;
  id?: string | null;
  ride_id?: string | null;
  retry_after_ms?: number | null;
  tries_left?: number | null;
}

/** I heard the stream up to `last_seq` in this `epoch`: what came after it? */
export interface Resume {
  type: "resume";
  /** text of at most 80 characters */
  epoch: string;
  /** a whole number from 0 to 9007199254740991 */
  last_seq: number;
  id?: string | null;
}

/** The ride is yours: whom to fetch, where, and what it pays. */
export interface RideAccepted {
  type: "ride_accepted";
  ride_id: string;
  seq: number;
  epoch: string;
  passenger_name: string;
  passenger_phone: string;
  pickup_address: string;
  dropoff_address: string;
  pickup_latitude: number;
  pickup_longitude: number;
  dropoff_latitude: number;
  dropoff_longitude: number;
  distance: number;
  fare: number;
  estimated_duration: number;
  fare_by_agreement?: boolean;
  currency?: string | null;
  note?: string | null;
  pin_required?: boolean;
  pickup_at?: string | null;
  payment_method?: string | null;
  vehicle_type?: string | null;
}

/**
 * The passenger is out. `breakdown`: what the server's fare is made of, line by line. `payment_status`: `cash` or
 * `pending`.
 */
export interface RideCompleted {
  type: "ride_completed";
  ride_id: string;
  seq?: number;
  epoch?: string;
  fare: number;
  fare_by_agreement?: boolean;
  currency?: string | null;
  breakdown?: Record<string, number> | null;
  distance_km: number;
  duration_minutes: number;
  driven_km?: number | null;
  payment_status: string;
}

/**
 * Over before its end, by whom and why; a `no_show` is told like this too; to both sides. `fee`: what the
 * passenger owes, in minor units, and in major units in the frame.
 */
export interface RideEnded {
  type: "ride_cancelled";
  ride_id: string;
  seq?: number;
  epoch?: string;
  by: Party;
  reason: string;
  fee: number;
  currency?: string | null;
}

/** The passenger is in. */
export interface RideStarted {
  type: "ride_started";
  ride_id: string;
  seq?: number;
  epoch?: string;
}

/**
 * Drivers are being asked. `expires_at`: when this round ends; `search_expires_at`: when the whole search does.
 * `asked_total`: drivers who were asked so far, in all rounds of this search.
 */
export interface Searching {
  type: "searching";
  ride_id: string;
  seq?: number;
  epoch?: string;
  round: number;
  rounds_max?: number | null;
  drivers_notified: number;
  asked_total?: number | null;
  fare: number;
  fare_by_agreement?: boolean;
  currency?: string | null;
  expires_at: number | string;
  ttl_ms?: number | null;
  search_expires_at?: number | string | null;
  search_ttl_ms?: number | null;
}

/** The driver wants offers, or wants none. */
export interface SetAvailability {
  type: "set_availability";
  /** true or false */
  available: boolean;
  id?: string | null;
  driver_id?: string | null;
}

/** The passenger is in, and said the `pin` where the ride asks for one. */
export interface StartRide {
  type: "start_ride";
  /** 1 to 64 letters, digits, underscores or hyphens */
  ride_id: string;
  pin?: string | null;
  id?: string | null;
  driver_id?: string | null;
}

/** The access token of this connection ends in `ttl_ms`: send a newer one with `authenticate`. */
export interface TokenExpiring {
  type: "token_expiring";
  ttl_ms: number;
}

export type FromPassenger =
  | FindDriver
  | CancelRide
  | RateDriver
  | Authenticate
  | Resume
  | Ping;

export type ToPassenger =
  | Searching
  | DriverAssigned
  | DriverLocation
  | DriverUnreachable
  | DriverCancelled
  | NoDrivers
  | PassengerSnapshot
  | PaymentChanged
  | FareNews
  | NoteNews
  | DriverArrived
  | RideStarted
  | RideCompleted
  | RideEnded
  | Ack
  | Refused
  | TokenExpiring
  | Pong;

export type FromDriver =
  | LocationUpdate
  | LocationBatch
  | AcceptRide
  | DeclineRide
  | SetAvailability
  | Arrived
  | StartRide
  | CompleteRide
  | NoShow
  | DriverCancelRide
  | RatePassenger
  | Authenticate
  | Resume
  | Ping;

export type ToDriver =
  | RideRequest
  | RideAccepted
  | OfferClosed
  | DriverWarned
  | NoOffers
  | DocumentExpiring
  | DriverSnapshot
  | PaymentChanged
  | FareNews
  | NoteNews
  | DriverArrived
  | RideStarted
  | RideCompleted
  | RideEnded
  | Ack
  | Refused
  | TokenExpiring
  | Pong;

export type FromDesk =
  | OpsCancelRide
  | Authenticate
  | Resume
  | Ping;

export type ToDesk =
  | Board
  | BoardChanged
  | BoardMoved
  | OpsRideClosed
  | Ack
  | Refused
  | TokenExpiring
  | Pong;
