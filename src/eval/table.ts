import { readFileSync } from 'node:fs';

/** A line of a table by the names of its columns; what is missing at its end is empty. */
export type Row = Record<string, string>;

export interface Table {
  columns: string[];
  rows: Row[];
}

/**
 * A file of tab-separated values without quoting, whose first line names the columns; blanks around a value are none of
 * it, nor is a byte-order mark.
 */
export function readTable(path: string): Table {
  const [head = '', ...lines] = readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .filter(Boolean);
  const cells = (line: string) => line.split('\t').map((cell) => cell.trim());
  const columns = cells(head);
  const rows = lines.map((line) => {
    const values = cells(line);
    return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? '']));
  });
  return { columns, rows };
}
