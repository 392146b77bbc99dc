/** Small charts of a day, by uPlot, which is fetched when the first one is drawn. In words each is a table beside it. */

const VENDOR = "../vendor/uplot/";
const TALL_PX = 160;
const GLYPH_PX = 7;

/** @type {Promise<any> | null} */
let loading = null;

/** uPlot and its style. @returns {Promise<any>} */
function load() {
  loading ??= (async () => {
    const style = document.createElement("link");
    Object.assign(style, { rel: "stylesheet", href: new URL(`${VENDOR}uPlot.min.css`, import.meta.url).href });
    document.head.append(style);
    const name = `${VENDOR}uPlot.esm.js`;
    return (await import(name)).default;
  })();
  return loading;
}

/**
 * Draws one or two lines over the hours of a day: the first in the accent colour, the second muted and dashed.
 *
 * @param {HTMLElement} box
 * @param {{ times: string[], series: (number | null)[][], format: (n: number) => string, title: string }} what
 * @returns {Promise<() => void>} takes it away
 */
export async function drawChart(box, { times, series, format, title }) {
  const UPlot = await load();
  const colour = (/** @type {string} */ name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const font = `13px ${colour("--font")}`;
  const axis = { stroke: colour("--muted"), grid: { stroke: colour("--hair"), width: 1 }, ticks: { stroke: colour("--hair"), width: 1 }, font };
  const most = Math.max(1, ...series.flat().map((n) => n ?? 0));
  const longest = Math.max(format(most * 1.1).length, 5);
  const options = {
    width: Math.max(200, box.clientWidth), height: TALL_PX,
    legend: { show: false }, cursor: { show: false }, padding: [8, 8, 0, 0],
    scales: { x: { time: false }, y: { range: (/** @type {any} */ _, /** @type {number} */ __, /** @type {number | null} */ most) => [0, Math.max(1, (most ?? 1) * 1.1)] } },
    axes: [
      { ...axis, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map((n) => times[n] ?? ""), space: 60, incrs: [1, 2, 3, 6, 12] },
      { ...axis, values: (/** @type {any} */ _, /** @type {number[]} */ at) => at.map(format), size: longest * GLYPH_PX + 16, space: 36 },
    ],
    series: [
      {},
      { stroke: colour("--accent"), width: 2, spanGaps: true, points: { show: true, size: 4 } },
      { stroke: colour("--muted"), width: 2, dash: [6, 4], spanGaps: true, points: { show: true, size: 4 } },
    ].slice(0, series.length + 1),
  };
  const chart = new UPlot(options, [times.map((_, at) => at), ...series], box);
  chart.root.setAttribute("role", "img");
  chart.root.setAttribute("aria-label", title);
  chart.root.dir = "ltr";
  const fits = new ResizeObserver(() => box.clientWidth > 0 && chart.setSize({ width: box.clientWidth, height: TALL_PX }));
  fits.observe(box);
  return () => {
    fits.disconnect();
    chart.destroy();
  };
}
