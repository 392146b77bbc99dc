/** What a browser runs first: bar, words and login stand before the rest of the page has come. */

import { openPage } from "../shell/page.js";

void openPage({ page: "driver", title: "driver.title" });
void import("./app.js");
