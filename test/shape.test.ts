import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../src');
const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const texts = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));

/** Every relative import of a file, those of types too. */
function importsOf(file: string): string[] {
  const found = texts.get(file)!.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g);
  return [...found].map(([, path]) => relative(root, join(root, dirname(file), path!)));
}

const folderOf = (file: string) => (file.includes('/') ? file.split('/')[0]! : '');

/** What every file may import: ideas that several folders need, and what was set. */
const ground = ['', 'settings'];

/** What a folder may import beside these and itself. */
const allowed: Record<string, string[]> = {
  '': [],
  settings: [],
  cli: ['running', 'http', 'flow', 'tasks', 'store', 'recognize', 'compute', 'outbound'],
  running: ['http', 'flow', 'tasks', 'store', 'recognize', 'compute', 'outbound'],
  http: ['flow', 'tasks', 'store', 'recognize', 'compute', 'outbound'],
  flow: ['tasks', 'store', 'recognize', 'compute', 'outbound'],
  // A command of its own, for those who train.
  eval: ['cli', 'tasks', 'recognize'],
  tasks: [],
  store: [],
  recognize: [],
  compute: [],
  outbound: [],
};

test('imports run cli → running → http → flow → tasks, store, recognize, outbound, and never back', () => {
  const wrong = files.flatMap((file) => {
    const folder = folderOf(file);
    return importsOf(file)
      .filter((imported) => {
        const target = folderOf(imported);
        return ![folder, ...ground, ...allowed[folder]!].includes(target);
      })
      .map((imported) => `${file} imports ${imported}`);
  });
  expect(wrong).toEqual([]);
});

test('there are no import cycles', () => {
  const done = new Set<string>();
  const cycles: string[] = [];
  function visit(file: string, path: string[]): void {
    if (path.includes(file)) {
      cycles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const imported of importsOf(file)) if (texts.has(imported)) visit(imported, [...path, file]);
    done.add(file);
  }
  for (const file of files) visit(file, []);
  expect(cycles).toEqual([]);
});

test('no file is over 300 lines, and half of them are at most 100', () => {
  const lengths = [...texts].map(([file, text]) => ({ file, lines: text.split('\n').length - 1 }));
  expect(lengths.filter(({ lines }) => lines > 300)).toEqual([]);
  const sorted = lengths.map(({ lines }) => lines).sort((a, b) => a - b);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThanOrEqual(100);
});

test.each(['test', 'bench'])('no file of %s is over 300 lines either', (folder) => {
  const beside = new URL(`../${folder}/`, import.meta.url);
  const own = readdirSync(beside, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  expect(own.length).toBeGreaterThan(5);
  const lines = (file: string) => readFileSync(new URL(file, beside), 'utf8').split('\n').length - 1;
  expect(own.filter((file) => lines(file) > 300)).toEqual([]);
});

test('nothing is named after a place to put things', () => {
  const vague = /^(utils?|lib|helpers?|common|types|interfaces|misc)(\.|$)/i;
  const names = files.flatMap((file) => file.split('/'));
  expect(names.filter((name) => vague.test(name))).toEqual([]);
});

test('SQL, the environment, threads and outgoing calls each have one home', () => {
  const uses = (pattern: RegExp) => files.filter((file) => pattern.test(texts.get(file)!)).map(folderOrFile);
  const homes = (pattern: RegExp) => [...new Set(uses(pattern))].sort();
  expect(homes(/['"](kysely|better-sqlite3|pg)(\/[\w./]*)?['"]/)).toEqual(['store']);
  expect(files.filter((file) => /\bprocess\.env\b/.test(texts.get(file)!)).sort()).toEqual([
    'recognize/withoutTelemetry.ts',
    'settings/loadConfig.ts',
  ]);
  for (const home of homes(/from 'node:worker_threads'/))
    expect(['compute', 'recognize', 'store']).toContain(home);
  expect(homes(/import \{[^}]*\brequest\b[^}]*\} from 'node:https?'/)).toEqual(['outbound']);
  expect(homes(/['"]undici['"]/)).toEqual([]);
  expect(homes(/['"]onnxruntime-node['"]/)).toEqual(['recognize']);
});

test('whoever loads onnxruntime turns its telemetry off first, and so does what starts its threads', () => {
  for (const [file, text] of texts) {
    const loads = text.search(/from 'onnxruntime-node'|new Worker\(new URL\(`\.\/thread/);
    if (loads < 0 || !file.startsWith('recognize/')) continue;
    const turnedOff = text.search(/import '\.{1,2}\/withoutTelemetry\.ts'/);
    expect(turnedOff, file).toBeGreaterThanOrEqual(0);
    expect(turnedOff, file).toBeLessThan(loads);
  }
});

function folderOrFile(file: string): string {
  return folderOf(file) || file;
}
