import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { errorCodes, errorTable } from '../../src/errors.ts';
import { type Setting, settings } from '../../src/settings/config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Rows of the Markdown table whose first cell is a name in backticks. */
function rowsOf(path: string): Map<string, string[]> {
  const rows = read(path)
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return new Map(rows.map((cells) => [cells[1]!.replaceAll('`', ''), cells.slice(2)]));
}

describe('docs/api.md', () => {
  const rows = rowsOf('docs/api.md');

  it.each(errorCodes)('tells the truth about %s', (code) => {
    const { status, countsToBan, countsToBlock } = errorTable[code];
    const yes = (counts: boolean) => (counts ? 'yes' : 'no');
    const [http, counts, meaning, advice] = rows.get(code) ?? [];
    expect(http).toBe(String(status));
    expect(counts).toBe(`${yes(countsToBan)}, ${yes(countsToBlock)}`);
    expect(meaning).toBeTruthy();
    expect(advice).toBeTruthy();
  });
});

it('docs/request.md tells what every invariant is that the code and doctor name', () => {
  const named = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .flatMap((path) => read(`src/${path}`).match(/\bI\d+\b/g) ?? []);
  expect(new Set(named)).toContain('I9');
  expect([...rowsOf('docs/request.md').keys()]).toEqual(expect.arrayContaining(named));
});

it('docs/configuration.md lists every setting as it is (npx vitest run test/docs -u renews it)', async () => {
  const rows = settings.map(
    (s) => `| \`${s.name}\` | \`${s.variable}\` | ${standardOf(s)} | ${s.description} |`,
  );
  const page = [
    '# Configuration',
    '',
    'A setting is read from the variable in the second column, or else from `legible.json` in the working directory,',
    'a JSON object with the names of the first column. `LEGIBLE_CONFIG` names another file. Lists are JSON arrays in',
    'the file and parted by commas in a variable; `prices` and `dialectPorts` are JSON objects in both, and `prices` names',
    'only what is to cost something else than the default.',
    '',
    '```json',
    '{ "port": 8080, "trustedProxies": ["127.0.0.1"], "prices": { "ImageToTextTask/math": 800 } }',
    '```',
    '',
    'The server does not start with a mistake in its configuration, and tells all of them at once.',
    '`npx legible config` prints every value and where it comes from; `npx legible config check` only looks.',
    '',
    'Secrets can be kept in files: `LEGIBLE_PEPPER_FILE` and `LEGIBLE_DATABASE_URL_FILE` name them.',
    '',
    '| setting | variable | default | |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
  await expect(page).toMatchFileSnapshot(join(root, 'docs/configuration.md'));
});

function standardOf({ name, standard }: Setting): string {
  if (standard === undefined) return 'none';
  if (name === 'recognizers' || name === 'proofThreads') {
    expect(standard).toBe(availableParallelism());
    return 'one for each processor';
  }
  return `\`${JSON.stringify(standard)}\``;
}

it('every link and image in the documents leads to a file', () => {
  const pages = [
    ...readdirSync(root).filter((name) => name.endsWith('.md')),
    ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
  ].filter((path) => path.endsWith('.md'));
  expect(pages.length).toBeGreaterThan(7);
  for (const page of pages)
    for (const [, target = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(existsSync(join(root, dirname(page), target)), `${page}: ${target}`).toBe(true);
});

it("the client's page names the file that npm pack makes", () => {
  const { version } = JSON.parse(read('client/package.json'));
  expect(read('client/README.md')).toContain(`npm install ./legible/client/legible-client-${version}.tgz`);
});
