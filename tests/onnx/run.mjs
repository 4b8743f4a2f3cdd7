// Runs every model of a folder with onnxruntime and compares what comes out with what must: NAME.onnx beside NAME.json.
// usage: node run.mjs FOLDER
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';

// Of the largest number that must come out, at least of 1.
const tolerance = 1e-4;

const folder = process.argv[2];
const names = readdirSync(folder).filter(f => f.endsWith('.onnx')).map(f => f.slice(0, -5)).sort();
let failed = 0;

function numbers(value) {
  const bytes = Buffer.from(value.data, 'base64');
  const memory = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  return value.type === 'int64' ? new BigInt64Array(memory) : new Float32Array(memory);
}

// The first rows of a value.
function rows(value, count) {
  const all = numbers(value), size = all.length / value.sizes[0];
  return [all.slice(0, count * size), [count, ...value.sizes.slice(1)]];
}

async function check(session, proof, count) {
  const feeds = {};
  for (const input of proof.inputs) {
    const [data, sizes] = rows(input, count);
    feeds[input.name] = new ort.Tensor(input.type, data, sizes);
  }

  const given = await session.run(feeds);
  let worst = 0;
  for (const output of proof.outputs) {
    const [expected, sizes] = rows(output, count), actual = given[output.name];
    if (actual.dims.join() !== sizes.join()) {
      throw new Error(`${output.name}: expected [${sizes}], got [${actual.dims}]`);
    }

    const scale = expected.reduce((most, v) => Math.max(most, Math.abs(Number(v))), 1);
    expected.forEach((v, i) => {
      const distance = Math.abs(Number(v) - Number(actual.data[i])) / scale;
      worst = distance <= worst ? worst : Number.isNaN(distance) ? Infinity : distance;
    });
  }

  if (!(worst <= tolerance)) {
    throw new Error(`${count} rows: ${worst.toExponential(1)} apart`);
  }

  return worst;
}

let most = 0;
for (const name of names) {
  try {
    const proof = JSON.parse(readFileSync(join(folder, name + '.json'), 'utf8'));
    const session = await ort.InferenceSession.create(join(folder, name + '.onnx'), { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 3 });
    most = Math.max(most, await check(session, proof, proof.inputs[0].sizes[0]), await check(session, proof, 1));
    await session.release();
  } catch (error) {
    failed++;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}

console.log(`onnxruntime: ${names.length - failed} of ${names.length} models agree, at most ${most.toExponential(1)} of the largest number apart`);
process.exit(failed > 0 || names.length === 0 ? 1 : 0);
