/** How the town is drawn: layers of MapLibre made of the colours of the page, for streets as GeoJSON. Pure. */

/** @typedef {import("./streets.js").Streets} Streets */
/** @typedef {Record<string, string>} Colours by the names of COLOURS */

/** The colours of tokens.css that a map takes, without the two dashes. */
export const COLOURS = ["map-land", "map-road", "map-casing", "map-label", "map-water", "map-green", "accent", "surface"];
/** From here on casings stand around streets, and names on them. */
const [CASING_FROM, NAMES_FROM, MINOR_FROM] = [13, 14, 12];
/** Pixels of a street at zoom 10, 14 and 18, the widest kind last, so that it is drawn over the others. */
const WIDTHS = /** @type {[string, number[], number][]} */ ([
  ["walk", [0.5, 1, 5], NAMES_FROM], ["lane", [0.5, 1.5, 8], CASING_FROM], ["minor", [0.5, 3, 14], MINOR_FROM], ["middle", [1, 5, 20], 0], ["main", [1.5, 7, 26], 0],
]);
const CASING = 1.5;

/** @param {number[]} widths @param {number} more */
const widthOf = ([far, middle, near], more) => ["interpolate", ["exponential", 1.5], ["zoom"], 10, far + more, 14, middle + more, 18, near + more];

/**
 * What the sources hold: streets, areas, and the way of the ride that is shown, which is empty at first.
 *
 * @param {Streets | null} streets
 */
export function sourcesOf(streets) {
  const { lines, areas } = streets ?? { lines: [], areas: [] };
  return {
    areas: source(areas.map(({ kind, points }) => feature({ kind }, "Polygon", [points]))),
    streets: source(lines.map(({ kind, name, points }) => feature({ kind, name }, "LineString", points))),
    way: source([]),
  };
}

/** A way as GeoJSON. @param {import("./streets.js").Spot[] | null} points */
export function wayOf(points) {
  const line = (points ?? []).map(({ lat, lon }) => [lon, lat]);
  return { type: "FeatureCollection", features: line.length > 1 ? [feature({}, "LineString", line)] : [] };
}

/**
 * The layers from the ground up. Names are drawn with the fonts of the browser: no server of glyphs is asked.
 *
 * @param {Colours} colours
 */
export function layersOf(colours) {
  return [
    { id: "land", type: "background", paint: { "background-color": colours["map-land"] } },
    area("green", colours["map-green"]),
    area("water", colours["map-water"]),
    ...WIDTHS.map(([kind, widths, from]) => street(`${kind}-casing`, kind, Math.max(from, CASING_FROM), colours["map-casing"], widthOf(widths, 2 * CASING))),
    ...WIDTHS.map(([kind, widths, from]) => street(kind, kind, from, colours["map-road"], widthOf(widths, 0))),
    ...wayLayers(colours),
    {
      id: "names", type: "symbol", source: "streets", minzoom: NAMES_FROM, filter: ["!=", ["get", "name"], ""],
      layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": ["interpolate", ["linear"], ["zoom"], 14, 11, 18, 15], "text-padding": 4, "symbol-spacing": 300 },
      paint: { "text-color": colours["map-label"], "text-halo-color": colours["map-road"], "text-halo-width": 1.5 },
    },
  ];
}

/** The way of the ride, for a ground of somebody else's too. @param {Colours} colours */
export function wayLayers(colours) {
  const layout = { "line-cap": "round", "line-join": "round" };
  return [
    { id: "way-edge", type: "line", source: "way", layout, paint: { "line-color": colours.surface, "line-width": 8 } },
    { id: "way", type: "line", source: "way", layout, paint: { "line-color": colours.accent, "line-width": 4 } },
  ];
}

/** @param {string} kind @param {string} colour */
function area(kind, colour) {
  return { id: kind, type: "fill", source: "areas", filter: ["==", ["get", "kind"], kind], paint: { "fill-color": colour } };
}

/** @param {string} id @param {string} kind @param {number} minzoom @param {string} colour @param {any} width */
function street(id, kind, minzoom, colour, width) {
  const layout = { "line-cap": "round", "line-join": "round" };
  return { id, type: "line", source: "streets", minzoom, filter: ["==", ["get", "kind"], kind], layout, paint: { "line-color": colour, "line-width": width } };
}

/** @param {object} properties @param {string} type @param {any} coordinates */
function feature(properties, type, coordinates) {
  return { type: "Feature", properties, geometry: { type, coordinates } };
}

/** @param {object[]} features */
function source(features) {
  return { type: "geojson", data: { type: "FeatureCollection", features } };
}
