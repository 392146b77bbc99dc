/**
 * A socket that tells what passes through it: the same browser's socket, so an app on it speaks to the server as on any other.
 */

/**
 * @typedef {"driver" | "passenger"} Who
 * @typedef {{ who: Who, way: "in" | "out" | "link", text: string, at: number }} Passed
 *   `way`: `in` from the server, `out` to it, `link` what became of the connection (`open`, or `closed` and the close code); `at` Unix
 *   milliseconds
 */

/**
 * A kind of socket like `Socket`, which tells `hear` each frame and what becomes of the connection.
 *
 * @param {typeof globalThis.WebSocket} Socket
 * @param {(passed: Passed) => void} hear
 * @param {() => number} [now]
 * @returns {typeof globalThis.WebSocket}
 */
export function tapped(Socket, hear, now = Date.now) {
  return class extends Socket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} [protocols]
     */
    constructor(url, protocols) {
      super(url, protocols);
      this.addEventListener("open", () => this.#tell("link", "open"));
      this.addEventListener("message", ({ data }) => this.#tell("in", String(data)));
      this.addEventListener("close", ({ code }) => this.#tell("link", `closed ${code}`));
    }

    /** @param {Parameters<WebSocket["send"]>[0]} data */
    send(data) {
      this.#tell("out", String(data));
      super.send(data);
    }

    /**
     * @param {Passed["way"]} way
     * @param {string} text
     */
    #tell(way, text) {
      const who = new URL(this.url).pathname.startsWith("/ws/driver/") ? "driver" : "passenger";
      hear({ who, way, text, at: now() });
    }
  };
}
