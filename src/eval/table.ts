import { readFileSync } from 'node:fs';

/** A line of a table by the names of its columns; what is missing at its end is empty. */
export type Row = Record<string, string>;

export interface Table {
  columns: string[];
  rows: Row[];
}

/**
 * A file of tab-separated values without quoting, whose first line names the columns; blanks around a value are none of
 * it, nor is a byte-order mark. UTF-8, or UTF-16 with its mark, which is what Excel writes.
 */
export function readTable(path: string): Table {
  const [head = '', ...lines] = textOf(readFileSync(path))
    .split(/\r\n?|\n/)
    .filter(Boolean);
  const cells = (line: string) => line.split('\t').map((cell) => cell.trim());
  const columns = cells(head);
  const rows = lines.map((line) => {
    const values = cells(line);
    return Object.fromEntries(columns.map((column, i) => [column, values[i] ?? '']));
  });
  return { columns, rows };
}

/** A decoder leaves the byte-order mark out by itself. */
function textOf(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString('hex');
  return new TextDecoder(mark === 'fffe' ? 'utf-16le' : mark === 'feff' ? 'utf-16be' : 'utf-8').decode(bytes);
}
