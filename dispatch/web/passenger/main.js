/** The page of a passenger: the frame and the login first, so that they are seen at once; everything else is fetched meanwhile. */

import { openPage } from "../shell/page.js";

void openPage({ page: "passenger", title: "passenger.title" });

void import("./app.js");
