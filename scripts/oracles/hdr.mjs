// The oracle of dyno's histogram: hdr-histogram-js 3.0.1, the HdrHistogram authors' port to
// JavaScript. Writes fixtures/golden/histogram/*.json, or reads an encoding back.
//
//   npm install --prefix /some/folder hdr-histogram-js@3.0.1
//   node scripts/oracles/hdr.mjs /some/folder            writes the golden files
//   node scripts/oracles/hdr.mjs /some/folder BASE64     prints what it reads from BASE64
//
// Two fields of its V2 header are not what the reference implementation in Java writes and what
// HdrHistogram_c reads (normalizing index offset 0, conversion ratio the double 1.0): it writes the
// integer 1 into both. It does not read them. `v2` is patched to the reference's header here;
// `v2_compressed` is left as it writes it.
import { createRequire } from "node:module";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { inflateSync } from "node:zlib";

const [folder, encoded] = process.argv.slice(2);
if (!folder) {
  console.error("usage: node hdr.mjs FOLDER_OF_NODE_MODULES [BASE64]");
  process.exit(2);
}
const hdr = createRequire(resolve(folder, "x.js"))("hdr-histogram-js");
const percentiles = [0, 1, 10, 25, 50, 66, 75, 80, 90, 95, 98, 99, 99.9, 99.99, 99.999, 100];
const hour = 3_600_000_000_000;

function figures(histogram) {
  return {
    count: histogram.totalCount,
    min: histogram.minNonZeroValue,
    max: histogram.maxValue,
    mean: histogram.mean,
    stddev: histogram.stdDeviation,
    percentiles: percentiles.map((p) => [p, histogram.getValueAtPercentile(p)]),
  };
}

if (encoded) {
  console.log(JSON.stringify(figures(hdr.decodeFromCompressedBase64(encoded, 64))));
  process.exit(0);
}

let state = 20261121;  // mulberry32
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const many = (n, draw) => Array.from({ length: n }, () => [Math.round(draw()), 1]);
const exponential = (mean) => -mean * Math.log(1 - random());

const boundaries = [];
for (let bit = 0; bit <= 41; ++bit) {
  for (const offset of [-1, 0, 1]) {
    const value = 2 ** bit + offset;
    if (value >= 0 && value <= hour) boundaries.push([value, 1]);
  }
}

const cases = {
  single_value: [[1234567, 1]],
  zero_and_one: [[0, 3], [1, 2]],
  constant: [[50_000_000, 1000]],
  boundaries,
  one_to_ten_thousand_microseconds: Array.from({ length: 10_000 }, (_, i) => [(i + 1) * 1000, 1]),
  exponential_20ms: many(3000, () => exponential(20e6)),
  log_uniform_1ns_to_1h: many(3000, () => Math.exp(random() * Math.log(hour))),
  bimodal: [...many(990, () => 1e6 + 1e5 * random()), ...many(10, () => 30e9 + 1e9 * random())],
  huge_counts: [[1000, 5_000_000_000], [2_000_000, 3], [hour, 1_234_567]],
};

const target = join(dirname(fileURLToPath(import.meta.url)), "../../fixtures/golden/histogram");
mkdirSync(target, { recursive: true });

function recorded(values, digits) {
  const histogram = hdr.build({
    bitBucketSize: 64, lowestDiscernibleValue: 1, highestTrackableValue: hour,
    numberOfSignificantValueDigits: digits, autoResize: false, useWebAssembly: false,
  });
  for (const [value, count] of values) histogram.recordValueWithCount(value, count);
  return histogram;
}

function v2_of(histogram) {
  const bytes = inflateSync(Buffer.from(hdr.encodeIntoCompressedBase64(histogram), "base64").subarray(8));
  bytes.writeInt32BE(0, 8);
  bytes.writeDoubleBE(1.0, 32);
  return bytes.toString("base64");
}

for (const [name, values] of Object.entries(cases)) {
  const histogram = recorded(values, 3);
  const golden = {
    oracle: "hdr-histogram-js 3.0.1, scripts/oracles/hdr.mjs",
    values,
    ...figures(histogram),
    v2: v2_of(histogram),
    v2_two_digits: v2_of(recorded(values, 2)),
    v2_compressed: hdr.encodeIntoCompressedBase64(histogram),
  };
  writeFileSync(join(target, `${name}.json`), JSON.stringify(golden) + "\n");
}
