import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFlags } from '../nodeFlags.ts';
import type { Place } from './places.ts';
import { killHard, type Seen } from './round.ts';

export const childFile = fileURLToPath(new URL('./storeChild.ts', import.meta.url));

/** Lets a process that does nothing but use the store run for so many milliseconds, and kills it. */
export async function killStoreUnderLoad(
  { dataDir, databaseUrl = '' }: Place,
  account: string,
  momentMs: number,
): Promise<Seen> {
  const words = join(dataDir, 'words');
  rmSync(words, { force: true });
  const load = [...nodeFlags, childFile, dataDir, databaseUrl, account, words];
  const child = spawn(process.execPath, load, { stdio: ['ignore', 'pipe', 'inherit'] });
  await firstWord(child);
  await new Promise((resolve) => setTimeout(resolve, momentMs));
  await killHard(child);
  return understand(readFileSync(words, 'utf8'));
}

function firstWord(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`the load ended by itself with ${code}`)));
  });
}

/** Reads what a process said it was about to do to its tasks, and what it said the store had acknowledged. */
export function understand(text: string): Seen {
  const fates = new Map<string, string>();
  // The last line may have been cut off by the kill.
  for (const line of text.split('\n').slice(0, -1)) {
    const [word, taskId] = line.split(' ') as [string, string];
    fates.set(taskId, word);
  }
  const having = (word: string) => [...fates].filter(([, fate]) => fate === word).map(([taskId]) => taskId);
  const asked = having('charging');
  return {
    charged: having('charged'),
    released: having('released'),
    held: [...having('held'), ...asked, ...having('releasing')],
    unanswered: asked.length + having('trying').length,
  };
}
