// Writes src/serve/site/map/outlines.tsv: the outlines of the fifty states and DC, as SVG paths for
// small maps in pages. The outlines come with us-atlas, already projected; src/serve/site/albers.rs
// is the same projection for points. usage, in this folder: npm ci && node outlines.mjs
//
// A line is a state: postal code, x and y of its label, the box around it (left, top, right, bottom,
// with commas between), and its path. All of it in pixels of a map that is 975 wide and 610 high,
// but for the far Aleutians, which reach 58 to the left of it.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

import { feature } from "topojson-client";
import { presimplify, simplify } from "topojson-simplify";

const require = createRequire(import.meta.url);
const OUTPUT = new URL("../../src/serve/site/map/outlines.tsv", import.meta.url);

// How much is left out. A point goes when the triangle it makes with its neighbours is smaller, in
// square pixels, than DETAIL times the square root of its state's area: a page about a small state
// shows it larger, so it keeps finer corners.
const DETAIL = 0.0155;
// The same as a part of the polygon's area, where that is finer: an island keeps a shape.
const POLYGON_DETAIL = 0.06;
// An island goes when it is smaller than both of these: square pixels, and a part of its state.
const ISLAND_AREA = 4;
const ISLAND_PART = 0.008;
// Coordinates are kept to a tenth of a pixel, and counted in tenths, so that sums are exact.
const TENTHS = 10;

// Half the width of a label of two letters over half its height: room to the sides matters more.
const LABEL_WIDTH = 1.5;
// From this distance to the border, in pixels, more room makes a place no better.
const LABEL_ROOM = 13;
// What a pixel farther from the middle costs, in pixels of room.
const LABEL_STRAY = 0.15;
// States too small for letters have their label in the Atlantic, where a line from it to the middle
// of the state's box crosses as little of other states as it can.
const LABELS_AT_SEA = { DC: [884, 285], DE: [884, 270], NJ: [890, 240], RI: [936, 203] };

// By the codes of FIPS 5-2. The projection has no place for territories; they are left out.
const POSTAL_CODES = {
  "01": "AL", "02": "AK", "04": "AZ", "05": "AR", "06": "CA", "08": "CO", "09": "CT", "10": "DE",
  "11": "DC", "12": "FL", "13": "GA", "15": "HI", "16": "ID", "17": "IL", "18": "IN", "19": "IA",
  "20": "KS", "21": "KY", "22": "LA", "23": "ME", "24": "MD", "25": "MA", "26": "MI", "27": "MN",
  "28": "MS", "29": "MO", "30": "MT", "31": "NE", "32": "NV", "33": "NH", "34": "NJ", "35": "NM",
  "36": "NY", "37": "NC", "38": "ND", "39": "OH", "40": "OK", "41": "OR", "42": "PA", "44": "RI",
  "45": "SC", "46": "SD", "47": "TN", "48": "TX", "49": "UT", "50": "VT", "51": "VA", "53": "WA",
  "54": "WV", "55": "WI", "56": "WY",
};

const json = (name) => JSON.parse(readFileSync(require.resolve(name), "utf8"));

// The polygons of a state: each a list of lists of arcs, the first of them its outer ring.
const polygons = (state) => (state.type === "Polygon" ? [state.arcs] : state.arcs);
// A negative number is an arc taken backwards.
const forwards = (arc) => (arc < 0 ? ~arc : arc);
const arcsOf = (state) => polygons(state).flat(2).map(forwards);

// The outer rings of a state's polygons, largest first, without the point that closes them.
function rings(topology, state) {
  const { type, coordinates } = feature(topology, state).geometry;
  const all = type === "Polygon" ? [coordinates] : coordinates;
  return all.map(([ring]) => ring.slice(0, -1)).sort((a, b) => area(b) - area(a));
}

const next = (ring, at) => ring[(at + 1) % ring.length];
const cross = (a, b) => a[0] * b[1] - b[0] * a[1];
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const area = (ring) => Math.abs(sum(ring.map((point, at) => cross(point, next(ring, at))))) / 2;
const stateArea = (topology, state) => sum(rings(topology, state).map(area));

// Leaves out islands. What touches another state stays, however small: else there would be a hole.
function withoutIslets(topology, state) {
  const others = new Set(
    topology.objects.states.geometries.filter((other) => other !== state).flatMap(arcsOf),
  );
  const total = stateArea(topology, state);
  const least = Math.min(ISLAND_AREA, ISLAND_PART * total);
  const kept = polygons(state).filter(
    (arcs) =>
      arcs.flat().some((arc) => others.has(forwards(arc))) ||
      area(rings(topology, { type: "Polygon", arcs })[0]) >= least,
  );
  return { ...state, type: "MultiPolygon", arcs: kept };
}

// Leaves out points. Two states share an arc, so it is done once per arc, as the smaller one needs.
function simplified(topology) {
  const weighed = presimplify(topology);
  const finest = new Map();
  for (const state of topology.objects.states.geometries) {
    const coarsest = DETAIL * Math.sqrt(stateArea(topology, state));
    for (const arcs of polygons(state)) {
      const [ring] = rings(topology, { type: "Polygon", arcs });
      const detail = Math.min(coarsest, POLYGON_DETAIL * area(ring));
      for (const arc of arcs.flat().map(forwards)) {
        finest.set(arc, Math.min(detail, finest.get(arc) ?? detail));
      }
    }
  }
  const arcs = weighed.arcs.map((points, arc) =>
    points.map(([x, y, weight]) => [x, y, weight / (finest.get(arc) ?? 1)]),
  );
  const { arcs: fewer, ...rest } = simplify({ ...weighed, arcs }, 1);
  return { ...rest, arcs: fewer.map(rounded) };
}

// In whole tenths, without points that then coincide or lie on the line between their neighbours.
function rounded(arc) {
  const points = [];
  for (const [x, y] of arc) {
    const point = [Math.round(x * TENTHS), Math.round(y * TENTHS)];
    while (points.length > 1 && between(points.at(-2), points.at(-1), point)) points.pop();
    points.push(point);
  }
  return points;
}

function between(a, b, c) {
  const [before, after] = [[b[0] - a[0], b[1] - a[1]], [c[0] - b[0], c[1] - b[1]]];
  return cross(before, after) === 0 && before[0] * after[0] + before[1] * after[1] >= 0;
}

// 34 -> "3.4", -5 -> "-.5", 20 -> "2".
const decimal = (tenths) => (tenths / TENTHS).toString().replace(/^(-?)0\./, "$1.");

// Numbers in a row, with a space only where two would run together.
function joined(tenths) {
  return tenths.map(decimal).reduce((text, number) => {
    const apart = number.startsWith("-") || (number.startsWith(".") && /\.\d+$/.test(text));
    return text + (text === "" || apart ? "" : " ") + number;
  }, "");
}

// Path data in relative commands. Further points after `m` are lines; after `z` the pen is back
// where the ring began.
function path(rings) {
  let pen = [0, 0];
  return rings
    .map((ring) => {
      const steps = [];
      for (const [x, y] of ring) {
        // The first step of a ring has to stand there even if it is none.
        if (steps.length === 0 || x !== pen[0] || y !== pen[1]) steps.push(x - pen[0], y - pen[1]);
        pen = [x, y];
      }
      [pen] = ring;
      return `m${joined(steps)}z`;
    })
    .join("");
}

const box = (points) =>
  [Math.min, Math.max].flatMap((end) => [0, 1].map((axis) => end(...points.map((p) => p[axis]))));

// How far a point lies inside a ring, as a label sees it; negative outside.
function room(ring, [x, y]) {
  let inside = false;
  let nearest = Infinity;
  ring.forEach((from, at) => {
    const [a, b] = [from, next(ring, at)].map((p) => [(p[0] - x) / LABEL_WIDTH, p[1] - y]);
    if (a[1] > 0 !== b[1] > 0 && cross(a, b) > 0 === b[1] > a[1]) inside = !inside;
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const along = -(a[0] * dx + a[1] * dy) / (dx * dx + dy * dy || 1);
    const t = Math.min(1, Math.max(0, along));
    nearest = Math.min(nearest, Math.hypot(a[0] + t * dx, a[1] + t * dy));
  });
  return inside ? nearest : -nearest;
}

function centroid(ring) {
  const weights = ring.map((point, at) => cross(point, next(ring, at)));
  return [0, 1].map(
    (axis) =>
      sum(ring.map((point, at) => (point[axis] + next(ring, at)[axis]) * weights[at])) /
      (3 * sum(weights)),
  );
}

// The place for a label, in tenths: near the middle of the ring, with room around it.
function label(ring) {
  const [left, top, right, bottom] = box(ring);
  const middle = centroid(ring);
  const step = Math.max(2, Math.round((right - left) / 100));
  let best = { score: -Infinity };
  for (let x = left; x <= right; x += step) {
    for (let y = top; y <= bottom; y += step) {
      const free = room(ring, [x, y]);
      const stray = LABEL_STRAY * Math.hypot(x - middle[0], y - middle[1]);
      const score = Math.min(free, LABEL_ROOM * TENTHS) - stray;
      if (free > 0 && score > best.score) best = { score, at: [x, y] };
    }
  }
  return best.at;
}

const whole = json("us-atlas/states-albers-10m.json");
const geometries = whole.objects.states.geometries
  .filter(({ id }) => id in POSTAL_CODES)
  .map((state) => withoutIslets(whole, state));
const states = { type: "GeometryCollection", geometries };
const small = simplified({ ...whole, objects: { states } });

const lines = small.objects.states.geometries.map((state) => {
  const outlines = rings(small, state).filter((ring) => area(ring) > 0);
  const code = POSTAL_CODES[state.id];
  const place = LABELS_AT_SEA[code]?.map((pixels) => pixels * TENTHS) ?? label(outlines[0]);
  const numbers = [...place, ...box(outlines.flat())].map((tenths) => tenths / TENTHS);
  return [code, numbers[0], numbers[1], numbers.slice(2).join(), path(outlines)].join("\t");
});
if (lines.length !== Object.keys(POSTAL_CODES).length) throw new Error("a state is missing");

const { version } = json("us-atlas/package.json");
const origin =
  "# U.S. Census Bureau cartographic boundary files (public domain) by way of us-atlas " +
  `${version}, made by scripts/outlines`;
writeFileSync(OUTPUT, `${[origin, ...lines.sort()].join("\n")}\n`);
