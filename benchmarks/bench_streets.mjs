/** How long the search among the streets of a large town takes, in a page: `node benchmarks/bench_streets.mjs [streets]`. */

import { Streets } from "../dispatch/web/map/streets.js";

const count = Number(process.argv[2] ?? 20_000);
const NAMES = ["North", "Old", "Upper", "Green"], KINDS = ["Street", "Road", "Close"];
const TYPED = ["n", "old ro", "street green", "12 upper k", "nothing like it"];

/** Milliseconds of this, at its best of five: the machine may be busy with something else. */
function least(act) {
  return Math.min(...Array.from({ length: 5 }, () => {
    const began = performance.now();
    act();
    return performance.now() - began;
  }));
}

const large = new Streets({
  credit: "made up", bounds: { south: 0, west: 0, north: 1, east: 1 }, areas: [],
  names: Array.from({ length: count }, (_, at) => `${NAMES[at % 4]} ${at.toString(36)} ${KINDS[at % 3]}`),
  streets: Array.from({ length: count }, (_, at) => ["minor", at, [at % 5_000, (at * 7) % 5_000, 100, 0, 80, 0]]),
});
large.find("a");
for (const typed of TYPED) console.log(`find "${typed}"`.padEnd(28), least(() => large.find(typed)).toFixed(1), "ms");
console.log("nearest street of a point".padEnd(28), least(() => large.nearest({ lat: 0.02, lon: 0.02 })).toFixed(1), "ms");
