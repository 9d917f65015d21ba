import { readFile } from 'node:fs/promises';
import { example } from '../../example.ts';
import { startLocalReader } from '../localReader.ts';
import { type Finding, findingsOf, messageOf } from './check.ts';

type Load = () => Promise<{ release(): Promise<void> }>;

/** The nets beside the text model, which a server loads only when the first task needs them. */
const laterNets: Record<string, Load> = {
  // Not imported above: other commands start without onnxruntime.
  classes: async () => (await import('../../recognize/classes/net.ts')).loadClassNet(),
  clicks: async () => (await import('../../recognize/puzzles/clickNets.ts')).loadClickNets(),
};

/** The text model reads the image that comes with it, and the other nets load. */
export async function checkModels(nets = laterNets): Promise<Finding[]> {
  const found = [await checkReading()];
  for (const [name, load] of Object.entries(nets)) found.push(await checkNet(name, load));
  return found;
}

async function checkReading(): Promise<Finding> {
  const finding = findingsOf('model');
  try {
    const reader = await startLocalReader({ threads: 1 });
    try {
      const started = performance.now();
      const { text } = await reader.solve(await readFile(example.file));
      const ms = Math.round(performance.now() - started);
      return finding('reads its example', text === example.text, `${text} in ${ms} ms`);
    } finally {
      await reader.stop();
    }
  } catch (error) {
    return finding('reads its example', false, messageOf(error));
  }
}

async function checkNet(name: string, load: Load): Promise<Finding> {
  const finding = findingsOf('model');
  try {
    const started = performance.now();
    await (await load()).release();
    return finding(name, true, `loads in ${Math.round(performance.now() - started)} ms`);
  } catch (error) {
    return finding(name, false, messageOf(error));
  }
}
