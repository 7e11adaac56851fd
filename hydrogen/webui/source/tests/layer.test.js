import assert from "node:assert/strict";
import { test } from "node:test";
import { readLayer, readLayerInSlices } from "../src/layer.js";

const at = (layer, move) => [...layer.points.subarray(move * 5, move * 5 + 5)];
const begin = { offset: 100, x: 1, y: 2, z_start: 0.2, e: 5, modes: 2 };

test("moves go from where the printer stands, with and without plastic", () => {
  const layer = readLayer("G1 X10 Y2 E1\nG0 X20\nG1 Z.4\n", begin);
  assert.equal(layer.count, 2);
  assert.deepEqual(at(layer, 0), [1, 2, 10, 2, 1]);
  assert.deepEqual(at(layer, 1), [10, 2, 20, 2, 0]);
  assert.deepEqual([layer.low, layer.high], [[1, 2], [10, 2]]);
});

test("modes and units are obeyed", () => {
  const absolute = readLayer("M82\nG92 E0\nG1 X2 E1\nG1 X3 E1\nG1 X4 E.5\n", begin);
  assert.deepEqual([0, 1, 2].map((move) => at(absolute, move)[4]), [1, 0, 0]);
  const relative = readLayer("G91\nG1 X5 Y-1\nG90\nG20\nG1 X1\n", begin);
  assert.deepEqual(at(relative, 0).slice(2, 4), [6, 1]);
  assert.ok(Math.abs(at(relative, 1)[2] - 25.4) < 1e-4);
});

test("arcs become chords that end where the arc ends", () => {
  const layer = readLayer("G2 X11 Y2 I5 J0 E1\n", begin);
  assert.ok(layer.count > 20);
  assert.deepEqual(at(layer, layer.count - 1).slice(2, 4), [11, 2]);
  assert.ok(Math.abs(layer.high[1] - 7) < 0.05);
  assert.ok(readLayer("G3 X11 Y2 R5 E1\n", begin).low[1] < -2.9);
});

test("each move knows the byte of the file behind it", () => {
  const layer = readLayer("G1 X5\nG1 X6\nG1 X7\n", begin);
  assert.deepEqual([...layer.offsets.subarray(0, 3)], [106, 112, 118]);
  assert.deepEqual([99, 106, 117, 118].map((offset) => layer.countBefore(offset)), [0, 1, 2, 3]);
});

test("objects are told apart", () => {
  const layer = readLayer("; printing object cube id:0 copy 0\nG1 X5 E1\n; stop printing object cube id:0 copy 0\nG0 X6\nEXCLUDE_OBJECT_START NAME=b\nG1 X7 E1\nEXCLUDE_OBJECT_END\n", begin);
  assert.deepEqual([0, 1, 2].map((move) => layer.objects[layer.objectOf[move]]), ["cube id:0 copy 0", "", "b"]);
});

test("objects of firmwares and of Cura are known by the names that the service tells", () => {
  const layer = readLayer("M486 T2\nM486 S1 A\"cube\"\nG1 X5 E1\nM486 S-1\nG0 X6\n;MESH:b.stl\nG1 X7 E1\n;MESH:NONMESH\nG0 X8\n", begin);
  assert.deepEqual([0, 1, 2, 3].map((move) => layer.objects[layer.objectOf[move]]), ["1", "", "b.stl", ""]);
});

test("what is no move is passed over, and a long layer grows", () => {
  const text = "M204 S1000\n;TYPE:Perimeter\nT0\nG1 F1800\n\nG10\nN5 G1 X3 E1*22\n" + Array.from({ length: 5000 }, (_, n) => `G1 X${n % 2} E1`).join("\n");
  assert.equal(readLayer(text, begin).count, 5001);
});

test("a long layer is read in slices, and is the same", async () => {
  const text = Array.from({ length: 60_000 }, (_, number) => `G1 X${number % 211} Y${number % 97} E.1`).join("\n");
  let rests = 0;
  const sliced = await readLayerInSlices(text, begin, async () => { rests += 1; });
  const whole = readLayer(text, begin);
  assert.ok(rests > 0, "it never rested");
  assert.equal(sliced.count, whole.count);
  assert.deepEqual(at(sliced, 59_000), at(whole, 59_000));
  assert.deepEqual(sliced.offsets.slice(0, 3), whole.offsets.slice(0, 3));
});
