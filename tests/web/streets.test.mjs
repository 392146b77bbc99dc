/** The streets of the town: what is found among them, on the file that comes with the program and on a large town that is made up. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";

import { fold, loadStreets, metresBetween, parted, Streets } from "../../dispatch/web/map/streets.js";

const HELSINKI = new URL("../../dispatch/travel/data/helsinki-streets.json.gz", import.meta.url);
const helsinki = new Streets(JSON.parse(gunzipSync(readFileSync(HELSINKI)).toString("utf8")));
const names = (typed, streets = helsinki) => streets.find(typed).map(({ name }) => name);

/** A town of these streets, each with its name, kind and where it begins, in steps; all run 200 m to the north. */
function town(...streets) {
  const numbers = new Map();
  for (const [name] of streets) if (!numbers.has(name)) numbers.set(name, numbers.size);
  return new Streets({
    credit: "made up", bounds: { south: 0, west: 0, north: 1, east: 1 }, names: [...numbers.keys()], areas: [],
    streets: streets.map(([name, kind, lat, lon]) => [kind, numbers.get(name), [lat, lon, 100, 0, 80, 0]]),
  });
}

const CAPE = town(["Main St", "main", 0, 0], ["Long Street", "minor", 500, 0], ["Longmarket Street", "minor", 900, 0], ["Old Long Road", "minor", 1300, 0], ["Station Road", "minor", 1700, 0]);

test("points and bounds are those of the file", () => {
  assert.equal(helsinki.credit, "© OpenStreetMap contributors");
  const { south, west, north, east } = helsinki.bounds;
  for (const { points } of helsinki.lines) for (const [lon, lat] of points) assert.ok(lat >= south && lat <= north && lon >= west && lon <= east);
  assert.ok(helsinki.areas.some(({ kind }) => kind === "water"));
});

test("case and accents do not matter", () => {
  assert.equal(fold("  Löön-Ruótin KATU "), "loon ruotin katu");
  assert.equal(fold("Straße"), "strasse");
  assert.equal(fold("شارِع الأمَل"), "شارع الامل");
  assert.deepEqual(names("toolon"), ["Töölönlahdenkatu"]);
  assert.deepEqual(names("YRJO k"), ["Yrjö-Koskisen katu"]);
  assert.equal(names("mannerheim")[0], "Mannerheimintie");
});

test("a name that begins with what was typed comes first, then one with a word that does, then one that has it inside", () => {
  assert.deepEqual(names("long", CAPE), ["Long Street", "Longmarket Street", "Old Long Road"]);
  assert.deepEqual(names("esplanadi"), ["Eteläesplanadi", "Pohjoisesplanadi"]);
});

test("a wider street comes before a narrower one that fits as well", () => {
  assert.deepEqual(names("oak", town(["Oak Lane", "lane", 0, 0], ["Oak Avenue", "main", 0, 0])), ["Oak Avenue", "Oak Lane"]);
});

test("words may be shortened, in what is typed and in the name, and stand in any order", () => {
  assert.deepEqual(names("main street", CAPE), ["Main St"]);
  assert.deepEqual(names("station rd", CAPE), ["Station Road"]);
  assert.deepEqual(names("street long", CAPE), ["Long Street", "Longmarket Street"]);
});

test("a house number stays where it was typed, beside the street that is found", () => {
  assert.deepEqual(parted("12 long st"), { words: ["long", "st"], number: "12", numberFirst: true });
  assert.deepEqual(parted("Mannerheimintie 12 B"), { words: ["mannerheimintie"], number: "12 B", numberFirst: false });
  assert.deepEqual(names("12 lon", CAPE), ["12 Long Street", "12 Longmarket Street", "12 Old Long Road"]);
  assert.deepEqual(names("Simonkatu 5"), ["Simonkatu 5"]);
});

test("a street that is named by a number alone is found by it", () => {
  assert.deepEqual(names("42", town(["42", "main", 0, 0])), ["42"]);
});

test("nothing is found where nothing was typed or nothing fits", () => {
  assert.deepEqual(names(" "), []);
  assert.deepEqual(names("xyzzy"), []);
  assert.deepEqual(names("12"), []);
});

test("two streets of one name that lie apart are two hits, told apart by what is near", () => {
  const two = town(["High Street", "minor", 0, 0], ["High Street", "minor", 100, 10], ["High Street", "minor", 9_000, 0], ["Mill Road", "main", 300, 0], ["Dock Road", "main", 9_300, 0]);
  assert.deepEqual(two.find("high").map(({ detail }) => detail).sort(), ["Dock Road", "Mill Road"]);
  assert.equal(two.find("mill")[0].detail, undefined);
});

test("a hit lies on its street, half way along it", () => {
  const [place] = CAPE.find("main");
  assert.ok(metresBetween(place, { lat: 0.0009, lon: 0 }) < 1);
  for (const hit of helsinki.find("katu", 100)) assert.equal(helsinki.nearest(hit), hit.name);
});

test("the nearest street of a point is by its line and not by its ends", () => {
  assert.equal(helsinki.nearest({ lat: 60.1689, lon: 24.9466 }), "Aleksanterinkatu");
  assert.equal(CAPE.nearest({ lat: 0.0009, lon: 0.001 }), "Main St");
  assert.equal(town(["", "minor", 0, 0]).nearest({ lat: 0, lon: 0 }), null);
});

test("of a large town so many hits are named, the best first", () => {
  const names = ["North", "Old", "Upper", "Green"], kinds = ["Street", "Road", "Close"];
  const large = town(...Array.from({ length: 3_000 }, (_, at) => [`${names[at % 4]} ${at.toString(36)} ${kinds[at % 3]}`, "minor", at, at * 7]));
  const found = large.find("old ro", 5);
  assert.equal(found.length, 5);
  for (const { name } of found) assert.match(name, /^Old .+ Road$/);
  assert.deepEqual(large.find("nothing like it"), []);
});

test("without a file, or where it does not come, there are no streets and nothing fails", async () => {
  assert.equal(await loadStreets(null), null);
  assert.equal(await loadStreets("http://127.0.0.1:1/streets.json"), null);
});
