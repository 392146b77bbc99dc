/** How the town is drawn: layers of MapLibre in the colours of the page, for streets as GeoJSON or for vector tiles. Pure. */

/** @typedef {import("./streets.js").Streets} Streets */
/** @typedef {Record<string, string>} Colours by the names of COLOURS */

/** The colours of tokens.css that a map takes, without the two dashes. */
export const COLOURS = ["map-land", "map-road", "map-casing", "map-label", "map-water", "map-green", "accent", "surface"];
/** From here on casings stand around streets, and names on them. */
const [CASING_FROM, WIDE_NAMES_FROM, MINOR_FROM] = [13, 12.5, 12];
export const NAMES_FROM = 14;
/** Pixels of a street at zoom 10, 14 and 18, the widest kind last, so that it is drawn over the others. */
const WIDTHS = /** @type {[string, number[], number][]} */ ([
  ["walk", [0.5, 1, 5], NAMES_FROM], ["lane", [0.5, 1.5, 8], CASING_FROM], ["minor", [0.5, 3, 14], MINOR_FROM], ["middle", [1, 5, 20], 0], ["main", [1.5, 7, 26], 0],
]);
const CASING = 1.5;

/** What the two usual schemas of vector tiles call the kinds of streets: OpenMapTiles `transportation`, Protomaps `roads`. */
const TILE_STREETS = /** @type {[string, string, Record<string, string[]>][]} */ ([
  ["transportation", "class", { main: ["motorway", "trunk", "primary"], middle: ["secondary", "tertiary"], minor: ["minor", "busway"], lane: ["service", "track"], walk: ["path", "pedestrian"] }],
  ["roads", "kind", { main: ["highway"], middle: ["major_road", "medium_road"], minor: ["minor_road"], lane: ["other"], walk: ["path"] }],
]);
const TILE_GREEN = ["park", "wood", "grass", "forest", "garden", "cemetery", "golf_course", "nature_reserve", "recreation_ground", "village_green"];

/** @typedef {"streets" | "tiles"} Ground what a map without a style of its own is drawn from */

/** @param {number[]} widths @param {number} more */
const widthOf = ([far, middle, near], more) => ["interpolate", ["exponential", 1.5], ["zoom"], 10, far + more, 14, middle + more, 18, near + more];

/**
 * What the sources hold: streets and areas, or tiles, and the way of the ride that is shown, which is empty at first.
 *
 * @param {Streets | null} streets
 * @param {string | null} [tiles] URL of a file of PMTiles
 */
export function sourcesOf(streets, tiles = null) {
  if (tiles) return { tiles: { type: "vector", url: `pmtiles://${tiles}` }, way: source([]) };
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
 * @param {Ground} ground
 */
export function layersOf(colours, ground) {
  const land = { id: "land", type: "background", paint: { "background-color": colours["map-land"] } };
  return [land, ...(ground === "tiles" ? tileLayers(colours) : streetLayers(colours)), ...wayLayers(colours), ...nameLayers(colours, ground)];
}

/** The way of the ride, for a ground of somebody else's too. @param {Colours} colours */
export function wayLayers(colours) {
  const layout = { "line-cap": "round", "line-join": "round" };
  return [
    { id: "way-edge", type: "line", source: "way", layout, paint: { "line-color": colours.surface, "line-width": 8 } },
    { id: "way", type: "line", source: "way", layout, paint: { "line-color": colours.accent, "line-width": 4 } },
  ];
}

/** @param {Colours} colours */
function streetLayers(colours) {
  const from = { source: "streets" };
  return [
    area("green", { source: "areas" }, is("kind", ["green"]), colours["map-green"]),
    area("water", { source: "areas" }, is("kind", ["water"]), colours["map-water"]),
    ...WIDTHS.map(([kind, widths, zoom]) => street(`${kind}-casing`, from, is("kind", [kind]), Math.max(zoom, CASING_FROM), colours["map-casing"], widthOf(widths, 2 * CASING))),
    ...WIDTHS.map(([kind, widths, zoom]) => street(kind, from, is("kind", [kind]), zoom, colours["map-road"], widthOf(widths, 0))),
  ];
}

/** Of both schemas: what a file does not have is not drawn. @param {Colours} colours */
function tileLayers(colours) {
  /** @param {boolean} casing */
  const streets = (casing) => TILE_STREETS.flatMap(([layer, by, kinds]) => WIDTHS.map(([kind, widths, zoom]) => street(
    `${layer}-${kind}${casing ? "-casing" : ""}`, tile(layer), is(by, kinds[kind]), casing ? Math.max(zoom, CASING_FROM) : zoom,
    colours[casing ? "map-casing" : "map-road"], widthOf(widths, casing ? 2 * CASING : 0))));
  return [
    area("park", tile("park"), null, colours["map-green"]),
    area("landcover", tile("landcover"), is("class", TILE_GREEN), colours["map-green"]),
    area("landuse", tile("landuse"), is("kind", TILE_GREEN), colours["map-green"]),
    area("water", tile("water"), ["==", ["geometry-type"], "Polygon"], colours["map-water"]),
    ...["building", "buildings"].map((layer) => ({ ...area(layer, tile(layer), null, colours["map-casing"]), minzoom: NAMES_FROM, paint: { "fill-color": colours["map-casing"], "fill-opacity": 0.35 } })),
    ...streets(true),
    ...streets(false),
  ];
}

/** The wide streets are named first. @param {Colours} colours @param {Ground} ground */
function nameLayers(colours, ground) {
  const named = ["!=", ["coalesce", ["get", "name"], ""], ""];
  /** @type {[object, any, any][]} */
  const froms = ground === "streets"
    ? [[{ source: "streets" }, is("kind", ["main", "middle"]), is("kind", ["minor", "lane", "walk"])]]
    : TILE_STREETS.map(([layer, by, { main, middle }]) => [tile(layer === "roads" ? layer : "transportation_name"), is(by, [...main, ...middle]), ["!", is(by, [...main, ...middle])]]);
  return froms.flatMap(([from, wide, other], number) => [
    names(`names-${number}`, from, ["all", named, other], NAMES_FROM, colours),
    names(`names-wide-${number}`, from, ["all", named, wide], WIDE_NAMES_FROM, colours),
  ]);
}

/** @param {string} id @param {object} from @param {any} filter @param {number} minzoom @param {Colours} colours */
function names(id, from, filter, minzoom, colours) {
  return {
    id, type: "symbol", ...from, minzoom, filter,
    layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": ["interpolate", ["linear"], ["zoom"], 14, 12, 18, 15], "text-padding": 4, "symbol-spacing": 300 },
    paint: { "text-color": colours["map-label"], "text-halo-color": colours["map-road"], "text-halo-width": 1.5 },
  };
}

/** @param {string} layer */
function tile(layer) {
  return { source: "tiles", "source-layer": layer };
}

/** @param {string} property @param {string[]} values */
function is(property, values) {
  return ["in", ["get", property], ["literal", values]];
}

/** @param {string} id @param {object} from @param {any} filter @param {string} colour */
function area(id, from, filter, colour) {
  return { id, type: "fill", ...from, ...(filter ? { filter } : {}), paint: { "fill-color": colour } };
}

/** @param {string} id @param {object} from @param {any} filter @param {number} minzoom @param {string} colour @param {any} width */
function street(id, from, filter, minzoom, colour, width) {
  const layout = { "line-cap": "round", "line-join": "round" };
  return { id, type: "line", ...from, minzoom, filter, layout, paint: { "line-color": colour, "line-width": width } };
}

/** @param {object} properties @param {string} type @param {any} coordinates */
function feature(properties, type, coordinates) {
  return { type: "Feature", properties, geometry: { type, coordinates } };
}

/** @param {object[]} features */
function source(features) {
  return { type: "geojson", data: { type: "FeatureCollection", features } };
}
