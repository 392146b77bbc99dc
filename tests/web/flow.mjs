/** A login, a booking and a whole ride with the client of app developers, on the server whose address is the argument. Prints what was heard. */

import { createInterface } from "node:readline";

import { DispatchClient, Refused } from "../../dispatch/web/client/dispatch-client.js";

const base = process.argv[2];
const codes = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what, value) => console.log(JSON.stringify([what, value]));

/** Logs in; the test hands over the code that the server prints. */
async function loggedIn(phone, role) {
  const client = new DispatchClient({ base });
  const { request_id } = await client.session.requestCode({ phone, role });
  say("code wanted", phone);
  await client.session.verifyCode({ request_id, code: (await codes.next()).value });
  say("logged in", client.session.person.role);
  return client;
}

function heard(connection, type) {
  return new Promise((resolve) => {
    const end = connection.on(type, (message) => {
      end();
      resolve(message);
    });
  });
}

const driverApp = await loggedIn("27821234568", "driver");
const driver = driverApp.driver(driverApp.session.person.id);
await driver.send("location_update", { latitude: -26.2, longitude: 28.05 });

const passengerApp = await loggedIn("27821234567", "passenger");
const ride = passengerApp.ride("ride-1");
const offered = heard(driver, "ride_request");
const assigned = heard(ride, "driver_assigned");
const trip = {
  pickup_latitude: -26.2041,
  pickup_longitude: 28.0473,
  dropoff_latitude: -26.185,
  dropoff_longitude: 28.055,
  pickup_address: "123 Main St",
  dropoff_address: "456 Oak Ave",
  distance_km: 5.2,
  estimated_duration_minutes: 15,
  fare_amount: 85.5,
};
await ride.send("find_driver", trip);
const { offer_id } = await offered;
await driver.send("accept_ride", { ride_id: "ride-1", driver_id: driverApp.session.person.id, offer_id });
say("assigned", (await assigned).driver_name);

// The link of the driver is cut by another one of the same driver; that one hears the ride in its snapshot.
const replaced = new Promise((resolve) => driver.on("status", ({ why }) => why && resolve(why)));
const again = driverApp.driver(driverApp.session.person.id);
say("snapshot", (await heard(again, "snapshot")).ride.ride_id);
say("first driver socket", await replaced);

const before = passengerApp.session.refreshToken;
await passengerApp.session.renew();
say("renewed", passengerApp.session.refreshToken !== before);

const completed = heard(ride, "ride_completed");
for (const step of ["arrived", "start_ride", "complete_ride"]) await again.send(step, { ride_id: "ride-1" });
say("fare", (await completed).fare);
await ride.send("rate_driver", { rating: 5 });
try {
  await ride.send("rate_driver", { rating: 4 });
} catch (error) {
  say("second rating", error instanceof Refused && error.code);
}
await passengerApp.session.logOut();
await new Promise((resolve) => ride.on("status", resolve));
say("after log-out", ride.status.why);
again.close();
process.exit(0);
