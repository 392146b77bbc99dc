/** The page of a passenger. */

import { el, fill } from "../shell/dom.js";
import { openPage } from "../shell/page.js";

const { main, person, texts } = await openPage({ page: "passenger", title: "passenger.title" });
fill(main, el("h1", {}, texts.say("passenger.title")), el("p", {}, person.name));
