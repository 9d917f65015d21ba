import { readFileSync } from 'node:fs';

/** A line of a table by the names of its columns. */
export type Row = Record<string, string>;

/** Rows of a file of tab-separated values without quoting, whose first line names the columns; a byte-order mark is none. */
export function readTable(path: string): Row[] {
  const [head = '', ...lines] = readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter(Boolean);
  const columns = head.split('\t');
  return lines.map((line) => {
    const cells = line.split('\t');
    return Object.fromEntries(columns.map((column, i) => [column, cells[i] ?? '']));
  });
}
