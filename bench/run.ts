import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { dialectBenchmarks } from './dialects.ts';
import type { Result } from './measure.ts';
import { proofBenchmarks } from './proofs.ts';
import { recognitionBenchmarks } from './recognition.ts';
import { requestBenchmarks } from './requests.ts';
import { startBenchmarks } from './start.ts';

const { values } = parseArgs({ options: { json: { type: 'string' } } });

const results: Result[] = [];
for (const benchmark of [
  startBenchmarks,
  requestBenchmarks,
  dialectBenchmarks,
  recognitionBenchmarks,
  proofBenchmarks,
])
  results.push(...(await benchmark()));

const width = Math.max(...results.map(({ name }) => name.length));
for (const { name, ratio, aim } of results)
  console.log(`${name.padEnd(width)}  ${ratio.toFixed(3).padStart(8)}  aim ${aim}`);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(results, null, 2)}\n`);
