import { openSync, writeSync } from 'node:fs';
import { openStore } from '../../src/store/open.ts';
import { runScript } from './faultScript.ts';

/** Runs the script once on a database, and writes its words to a file: `faultChild.ts DATA_DIR WORDS`. */
const [dataDir = '', wordsFile = ''] = process.argv.slice(2);
const words = openSync(wordsFile, 'a');
const say = (word: string, id: string) => void writeSync(words, `${word} ${id}\n`);

const store = await openStore({ dataDir, databaseUrl: undefined });
await store.repair(Date.now());
say('opened', '-');
await runScript(store, say);
say('ended', '-');
await store.close();
