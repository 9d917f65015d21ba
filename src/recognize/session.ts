import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import './withoutTelemetry.ts';
import ort from 'onnxruntime-node';
import { cannotLoad } from './modelFiles.ts';

const unpack = promisify(brotliDecompress);
/** More than any model: pieces that are put together afterwards would leave 5 MB of each thread's memory in shreds. */
const unpackedBytes = 2 ** 23;

/**
 * Loads a model, for one core: an .onnx file, or one packed as .onnx.br.
 * @throws UserError naming it when it is missing or is no model
 */
export async function openSession(model: string): Promise<ort.InferenceSession> {
  const options: ort.InferenceSession.SessionOptions = {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    extra: { session: { x64quantprecision: needsWholeSums ? '1' : '0' } },
  };
  try {
    return await (model.endsWith('.br')
      ? openPacked(model, options)
      : ort.InferenceSession.create(model, options));
  } catch (error) {
    throw cannotLoad(model, error);
  }
}

async function openPacked(model: string, options: ort.InferenceSession.SessionOptions) {
  const packed = await readFile(model);
  const bytes = await unpack(packed, { chunkSize: unpackedBytes });
  try {
    return await ort.InferenceSession.create(bytes, options);
  } finally {
    // A thread that waits collects nothing: 10 MB would stay.
    for (const { buffer } of [packed, bytes]) (buffer as ArrayBuffer).transfer(0);
  }
}

/**
 * Without VNNI, sums of two 8-bit products overflow and are cut off: 2.5 points of accuracy. Kept whole they take a
 * third longer there; where they are whole anyway, onnxruntime 1.30 takes twice as long if asked to keep them.
 */
const needsWholeSums = cutsSumsOff(process.arch, cpuInfo());

/** Whether a processor may; one that does not say what it can (`/proc/cpuinfo`) is taken for one that does. */
export function cutsSumsOff(arch: string, info: string): boolean {
  return arch === 'x64' && !/\b(avx512_|avx_)vnni\b/.test(info);
}

function cpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'latin1');
  } catch {
    return ''; // not Linux
  }
}
