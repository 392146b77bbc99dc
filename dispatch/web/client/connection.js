import { Emitter } from "./emitter.js";
import { NoAnswer, Refused } from "./errors.js";

/** Milliseconds between pings, and without a frame until the link counts as lost. The server's own limit is 12 s. */
const PING_EVERY_MS = 5_000;
const SILENT_MS = 12_000;
/** Milliseconds of the first pause before coming back, at most; it doubles to the longest. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const LONGEST_FRAME_BYTES = 16_384;
/** Close codes after which an app must not come back by itself, and what that means. After any other it does. */
const ENDS = new Map([
  [4501, "logged-out"],
  [4503, "forbidden"],
  [4504, "replaced"],
  [4508, "stopped"],
]);
const TOKEN_ENDED = 4001;
/** What `readyState` says of a socket that is neither opening nor closing. */
const OPEN = 1;

/**
 * @typedef {"connecting" | "open" | "waiting" | "closed"} State
 * @typedef {{ state: State, why: string | null, retryAt: number | null, since: number }} Status
 *   `why`: why it is closed: `logged-out`, `forbidden`, `replaced` (open somewhere else), `stopped` (sent too much), `left` (by `close`);
 *   `retryAt` and `since` on the clock `now`, in milliseconds
 * @typedef {{ epoch: string, last_seq: number }} Heard how much of its stream an app has heard
 * @typedef {{ frame: Record<string, any>, resolve: (ack: any) => void, reject: (error: Error) => void }} Command
 * @typedef {Record<string, any> & { type: string }} Message
 */

/**
 * One socket of a ride, a driver or a desk, which comes back by itself and asks for what it missed.
 *
 * Messages of the stream come in order and once. `send` gives a command an `id` and sends it again on the next connection until the
 * server has answered, so nothing is done twice and nothing is lost. Listen by a message's type (`on("driver_assigned", …)`), for all of
 * them (`message`), or for the state of the link (`status`).
 *
 * @extends {Emitter<Record<string, any>>}
 */
export class Connection extends Emitter {
  #url;
  #session;
  #WebSocket;
  #now;
  #random;
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {Heard | null} */
  #heard;
  #remember;
  /** @type {Map<string, Command>} */
  #commands = new Map();
  /** @type {Set<string>} commands that this socket has sent */
  #sent = new Set();
  #tries = 0;
  #lastHeardAt = 0;
  /** @type {number | null} */
  #pingedAt = null;
  #askedAgain = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #pause;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #beat;

  /**
   * @param {object} options
   * @param {string} options.url `wss://dispatch.example/ws/ride/<ride_id>/`
   * @param {{ accessToken(): Promise<string | null>, renew(): Promise<string | null> }} options.session
   * @param {Heard | null} [options.heard] what an earlier page or run of the app has heard
   * @param {(heard: Heard) => void} [options.remember] is called whenever more was heard
   * @param {typeof globalThis.WebSocket} [options.WebSocket]
   * @param {() => number} [options.now] milliseconds that only grow
   * @param {() => number} [options.random] from 0 up to 1
   */
  constructor({
    url,
    session,
    heard = null,
    remember = () => {},
    WebSocket = globalThis.WebSocket,
    now = () => performance.now(),
    random = Math.random,
  }) {
    super();
    this.#url = url;
    this.#session = session;
    this.#heard = heard;
    this.#remember = remember;
    this.#WebSocket = WebSocket;
    this.#now = now;
    this.#random = random;
    /** @type {Status} */
    this.status = { state: "waiting", why: null, retryAt: null, since: now() };
    /** Milliseconds that the last ping took; null before the first. @type {number | null} */
    this.roundTripMs = null;
  }

  /** Connects, or tries at once where it waits. Nothing where it is connected or has been closed for good. */
  open() {
    if (this.status.state !== "waiting") return;
    clearTimeout(this.#pause);
    this.#become("connecting");
    void this.#connect();
  }

  /**
   * Connects again where another page or phone has taken over (`replaced`), because somebody wants it here. By itself it never does: two
   * would take it from each other for ever.
   */
  takeOver() {
    if (this.status.why !== "replaced") return;
    this.#become("waiting");
    this.open();
  }

  /** Ends the connection. Commands without an answer are given up. */
  close() {
    this.#end("left");
  }

  /**
   * Has the server do something, and promises its `ack`. Without a link the command waits for the next one.
   *
   * @param {string} type
   * @param {Record<string, any>} [fields]
   * @param {string} [id] of a command that an earlier page has sent, to hear what became of it
   * @returns {Promise<any> & { id: string }} rejected with `Refused`, or `NoAnswer` where the connection ends for good
   */
  send(type, fields = {}, id = newId()) {
    const frame = { type, ...fields, id };
    const answered = /** @type {Promise<any> & { id: string }} */ (
      new Promise((resolve, reject) => {
        if (this.status.state === "closed") throw new NoAnswer(`the connection is closed: ${this.status.why}`);
        if (new TextEncoder().encode(JSON.stringify(frame)).length > LONGEST_FRAME_BYTES) {
          throw new Refused({ code: "bad_message", message: `a frame must not be longer than ${LONGEST_FRAME_BYTES} bytes` });
        }
        this.#commands.set(id, { frame, resolve, reject });
        this.#flush();
      })
    );
    answered.id = id;
    return answered;
  }

  /**
   * Takes back a command that has not been sent yet. Returns whether it could be.
   *
   * @param {string} id
   */
  withdraw(id) {
    const command = this.#commands.get(id);
    if (command === undefined || this.#sent.has(id)) return false;
    this.#commands.delete(id);
    command.reject(new NoAnswer("taken back before it was sent"));
    return true;
  }

  /**
   * Sends a command once more that was not answered for long. It has the same `id`, so it is done once. Nothing where it was answered.
   *
   * @param {string} id
   */
  again(id) {
    if (!this.#commands.has(id)) return;
    this.#sent.delete(id);
    this.#flush();
  }

  /**
   * Says something that needs no answer and is worth nothing later, a position. Dropped where there is no link.
   *
   * @param {string} type
   * @param {Record<string, any>} [fields]
   * @returns {boolean} whether it was sent
   */
  say(type, fields = {}) {
    if (!this.#takes) return false;
    this.#socket?.send(JSON.stringify({ type, ...fields }));
    return true;
  }

  async #connect() {
    let token;
    try {
      token = await this.#session.accessToken();
    } catch {
      return this.#comeBack();
    }
    if (this.status.state !== "connecting") return;
    const WebSocket = this.#WebSocket;
    const socket = token === null ? new WebSocket(this.#url) : new WebSocket(this.#url, ["dispatch.v1", `bearer.${token}`]);
    this.#socket = socket;
    socket.onopen = () => this.#opened(socket);
    socket.onmessage = ({ data }) => this.#socket === socket && this.#hear(JSON.parse(data));
    socket.onclose = ({ code }) => this.#socket === socket && this.#closed(code);
  }

  /** @param {WebSocket} socket */
  #opened(socket) {
    if (this.#socket !== socket) return socket.close();
    this.#lastHeardAt = this.#now();
    this.#pingedAt = null;
    this.#askedAgain = false;
    this.#sent.clear();
    this.#become("open");
    if (this.#heard !== null) this.say("resume", this.#heard);
    this.#flush();
    this.#beat = setInterval(() => this.#ping(), PING_EVERY_MS);
  }

  /** Whether the socket takes a frame. One that the server is closing takes none, a moment before that is told. */
  get #takes() {
    return this.status.state === "open" && this.#socket?.readyState === OPEN;
  }

  /** Sends the commands that this socket has not sent, in their order. */
  #flush() {
    if (!this.#takes) return;
    for (const [id, { frame }] of this.#commands) {
      if (this.#sent.has(id)) continue;
      this.#sent.add(id);
      this.#socket?.send(JSON.stringify(frame));
    }
  }

  #ping() {
    const now = this.#now();
    if (now - this.#lastHeardAt > SILENT_MS) return this.#lost();
    this.#pingedAt ??= now;
    this.say("ping");
  }

  /** @param {Message} message */
  #hear(message) {
    this.#lastHeardAt = this.#now();
    // Only a server that spoke counts as reached: one that refuses a token opens the socket before it closes it.
    this.#tries = 0;
    if (message.type === "pong" && this.#pingedAt !== null) {
      this.roundTripMs = this.#lastHeardAt - this.#pingedAt;
      this.#pingedAt = null;
    }
    if (message.type === "token_expiring") void this.#extend();
    if ((message.type === "ack" || message.type === "error") && this.#answered(message)) return;
    if (!this.#isNew(message)) return;
    this.emit("message", message);
    this.emit(message.type, message);
  }

  /**
   * Settles the command that this answers. Returns whether it answers one.
   *
   * @param {Message} message
   */
  #answered(message) {
    const command = this.#commands.get(message.id);
    if (command === undefined) return false;
    // What could not be done for want of speed is done a little later; whoever sent it need not know.
    if (message.code === "rate_limited") {
      setTimeout(() => {
        this.#sent.delete(message.id);
        this.#flush();
      }, message.retry_after_ms ?? 1_000);
      return true;
    }
    this.#commands.delete(message.id);
    this.#sent.delete(message.id);
    if (message.type === "ack") command.resolve(message);
    else command.reject(new Refused(message));
    return true;
  }

  /**
   * Whether the message was not heard before. One that comes after a gap is heard when what is missing has come.
   *
   * @param {Message} message
   */
  #isNew({ type, seq, epoch, recovered }) {
    if (typeof seq !== "number" || typeof epoch !== "string") return true;
    const heard = this.#heard;
    const anew = heard === null || heard.epoch !== epoch || (type === "snapshot" && recovered === false);
    if (!anew && seq <= heard.last_seq) return false;
    if (!anew && seq > heard.last_seq + 1) {
      if (!this.#askedAgain) this.say("resume", heard);
      this.#askedAgain = true;
      return false;
    }
    this.#askedAgain = false;
    this.#heard = { epoch, last_seq: seq };
    this.#remember(this.#heard);
    return true;
  }

  async #extend() {
    try {
      const token = await this.#session.renew();
      if (token !== null) this.say("authenticate", { token });
    } catch {
      // No link to renew it over: the server closes with 4001 when the token ends, and the next connection tries again.
    }
  }

  /** @param {number} code */
  #closed(code) {
    const why = ENDS.get(code);
    if (why !== undefined) return this.#end(why);
    if (code === TOKEN_ENDED) {
      this.#session.renew().then(
        () => this.#comeBack(),
        () => this.#comeBack(),
      );
      return this.#drop();
    }
    this.#comeBack();
  }

  #lost() {
    this.#socket?.close();
    this.#comeBack();
  }

  #drop() {
    clearInterval(this.#beat);
    this.#socket = null;
  }

  #comeBack() {
    if (this.status.state === "closed") return;
    this.#drop();
    const longest = Math.min(FIRST_PAUSE_MS * 2 ** this.#tries, LONGEST_PAUSE_MS);
    this.#tries += 1;
    const pauseMs = this.#random() * longest;
    clearTimeout(this.#pause);
    this.#pause = setTimeout(() => this.open(), pauseMs);
    this.#become("waiting", { retryAt: this.#now() + pauseMs });
  }

  /** @param {string} why */
  #end(why) {
    if (this.status.state === "closed") return;
    const socket = this.#socket;
    this.#drop();
    clearTimeout(this.#pause);
    socket?.close();
    this.#become("closed", { why });
    for (const { reject } of this.#commands.values()) reject(new NoAnswer(`the connection is closed: ${why}`));
    this.#commands.clear();
  }

  /**
   * @param {State} state
   * @param {{ why?: string | null, retryAt?: number | null }} [more]
   */
  #become(state, { why = null, retryAt = null } = {}) {
    this.status = { state, why, retryAt, since: this.#now() };
    this.emit("status", this.status);
  }
}

function newId() {
  return crypto.randomUUID();
}
