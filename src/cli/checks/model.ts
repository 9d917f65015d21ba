import { readFile } from 'node:fs/promises';
import { example } from '../../example.ts';
import { startLocalReader } from '../localReader.ts';
import { type Finding, findingsOf } from './check.ts';

/** The model loads, and reads the image that comes with it. */
export async function checkModel(): Promise<Finding[]> {
  const finding = findingsOf('model');
  const reader = await startLocalReader({ threads: 1 });
  try {
    const started = performance.now();
    const { text } = await reader.solve(await readFile(example.file));
    const ms = Math.round(performance.now() - started);
    return [finding('reads its example', text === example.text, `${text} in ${ms} ms`)];
  } finally {
    await reader.stop();
  }
}
