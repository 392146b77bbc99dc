/** The start of the desk: the bar, and who is logged in. All else is fetched while that is asked for. */

import { openPage } from "../shell/page.js";

void openPage({ page: "desk", title: "desk.title" });
void import("./app.js");
