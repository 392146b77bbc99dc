/** The page for app developers: a driver and a passenger of one's own, every frame that passes, and what can be made to happen. */

import { code, el, fill } from "../shell/dom.js";
import { openFrame } from "../shell/page.js";

const { texts, town, announcer, main } = await openFrame({ page: "developer", title: "client.title" });
const { info } = await (await fetch("/openapi.json")).json();
const left = el("div", { class: "stack" }, about(`dispatch ${info.version}`));
const columns = el("div", { class: "columns" }, left);
fill(main, el("h1", {}, texts.say("client.title")), columns);

// Words first: what speaks to the server is fetched when they stand there.
const { Tools } = await import("./tools.js");
const tools = new Tools({ texts, town, announcer });
left.append(...tools.doing);
columns.append(tools.log);

/** What this is, and where to read on. @param {string} version */
function about(version) {
  const links = /** @type {const} */ ([
    ["/docs", "client.link_http"],
    ["/docs/sockets", "client.link_sockets"],
    ["/client/dispatch-client.js", "client.link_client"],
    ["/client/types.d.ts", "client.link_types"],
  ]);
  return el(
    "section",
    { class: "card stack", "aria-labelledby": "about-title" },
    el("h2", { id: "about-title" }, texts.say("client.about_title")),
    el("p", {}, texts.say("client.about")),
    el("p", {}, texts.say("client.server"), " ", code(location.origin), " ", code(version)),
    el("ul", { class: "links" }, ...links.map(([href, key]) => el("li", {}, el("a", { href }, texts.say(key))))),
  );
}
