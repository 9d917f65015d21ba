import { stripVTControlCharacters } from 'node:util';
import { unprintable } from '../unprintable.ts';
import { awaitArrival } from './lostOutput.ts';

/** Prints what can be asked for again: one JSON document with `--json`, else the lines for people. */
export function show(options: { json?: boolean }, data: unknown, lines: () => string): void {
  console.log(options.json ? JSON.stringify(data, null, 2) : lines());
}

/** Prints likewise what came of a change, which is done by then: that it is lost would be told. */
export function print(options: { json?: boolean }, data: unknown, lines: () => string): void {
  awaitArrival();
  show(options, data, lines);
}

/** Rows under their headings, columns as wide as their widest cell. */
export function table(headings: string[], rows: string[][]): string {
  if (rows.length === 0) return 'none';
  const all = [headings, ...rows.map((row) => row.map(printable))];
  // A call takes no more than some 125,000 arguments.
  const widths = headings.map((_, column) =>
    all.reduce((widest, row) => Math.max(widest, row[column]?.length ?? 0), 0),
  );
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A name or a label may hold anything; it must not move the cursor, colour the terminal or reorder a line. */
export function printable(text: string): string {
  return stripVTControlCharacters(text).replace(unprintable, ' ');
}

/** A text whose single characters are what is told: those that are not printable by their numbers, `U+001B`. */
export function spelledOut(text: string): string {
  const number = (character: string) => character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
  return text.replace(unprintable, (character) => `U+${number(character)}`);
}

/** `2026-11-24 05:46:40Z`, or a dash. */
export function moment(ms: number | null): string {
  return ms === null ? '–' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}
