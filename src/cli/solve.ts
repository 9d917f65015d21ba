import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Command, Option } from 'commander';
import { describeFault, Fault } from '../fault.ts';
import { forAll } from '../forAll.ts';
import type { Solution } from '../tasks/task.ts';
import { UserError } from '../userError.ts';
import { whole, wholeOrZero } from './arguments.ts';
import {
  bytesAtOnce,
  imagesAtOnce,
  type LocalReader,
  mostBytes,
  problemOf,
  startLocalReader,
  type TaskFields,
} from './localReader.ts';
import { printable } from './output.ts';
import { progressOf } from './progress.ts';
import { Room } from './room.ts';

interface Options {
  module: string;
  charset?: string;
  minLength?: number;
  maxLength?: number;
  details?: boolean;
  json?: boolean;
  csv?: boolean;
  threads: number;
}

/** What came of one file; in the shape that --json prints. */
type Outcome = { file: string } & ({ solution: Solution } | { errorCode: string; errorDescription: string });

const fileProblems: Record<string, string> = {
  ENOENT: 'There is no such file',
  EISDIR: 'It is a folder; name the files in it',
  EACCES: 'It may not be read by this user',
};

/** From this many files on their count is worth a line. */
const MANY = 3;

export function solveCommand(): Command {
  return new Command('solve')
    .description('read images without a server: prints what each says')
    .argument('[file...]', 'PNG, JPEG, GIF, WebP or BMP images; - or none reads one from standard input')
    .addOption(
      new Option('--module <name>', 'what to read').choices(['common', 'number', 'math']).default('common'),
    )
    .option('--charset <characters>', 'characters that may occur')
    .option('--min-length <n>', 'fewest characters', wholeOrZero)
    .option('--max-length <n>', 'most characters; 0 is no limit', wholeOrZero)
    .option('--details', 'with --json: confidence by character, and other readings')
    .option('--threads <n>', 'recognition threads', whole, availableParallelism())
    .option('--json', 'print JSON')
    .addOption(new Option('--csv', 'print comma-separated values').conflicts('json'))
    .action(async (files: string[], options: Options) => {
      const names = files.length === 0 ? ['-'] : files;
      if (names.filter((name) => name === '-').length > 1)
        throw new UserError('Standard input can be read once.');
      const fields = fieldsOf(options);
      const threads = Math.min(options.threads, names.length);
      const reader = await startLocalReader({ threads });
      try {
        const outcomes = await solveAll(reader, names, fields, { ...options, threads });
        if (options.json) console.log(JSON.stringify(outcomes, null, 2));
        if (outcomes.some((outcome) => 'errorCode' in outcome)) process.exitCode = 1;
      } finally {
        await reader.stop();
      }
    });
}

/** The options as a task's fields. @throws UserError naming the option that is wrong */
function fieldsOf({ module, charset, minLength, maxLength, details, json }: Options): TaskFields {
  if (details && !json) throw new UserError('--details only goes with --json.');
  const fields: TaskFields = { module, charset, minLength, maxLength, details };
  const problem = problemOf(fields);
  if (problem === undefined) return fields;
  const words = problem.split(/\b/).map((word) => (word in fields ? optionOf(word) : word));
  throw new UserError(words.join(''));
}

/** `minLength` → `--min-length` */
function optionOf(field: string): string {
  return `--${field.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Solves files, and prints all but JSON as soon as those before it are done: an interruption costs the rest alone. */
async function solveAll(reader: LocalReader, names: string[], fields: TaskFields, options: Options) {
  const progress = names.length < MANY ? undefined : progressOf(names.length, 'images');
  const print = inOrder<Outcome>((outcome) => {
    progress?.clear();
    write(outcome, options, names.length > 1);
  });
  if (options.csv) console.log(csvLine(['file', 'text', 'confidence', 'error']));
  const room = new Room(bytesAtOnce);
  const outcomes = await forAll(whileHeard(names), imagesAtOnce(options.threads), async (file, index) => {
    const outcome = await room.hold(await sizeOf(file), () => solveOne(reader, file, fields));
    if (!options.json) print(index, outcome);
    progress?.advance();
    return outcome;
  });
  progress?.clear();
  return outcomes;
}

/** Ends where what comes of them can be written no more. */
function* whileHeard(names: readonly string[]): Generator<string> {
  let isHeard = true;
  const end = () => {
    isHeard = false;
  };
  process.stdout.once('error', end);
  for (const name of names) if (isHeard) yield name;
  process.stdout.off('error', end);
}

/** Hands items over by their index, from 0 on, however they come. */
function inOrder<Item>(next: (item: Item) => void): (index: number, item: Item) => void {
  const early = new Map<number, Item>();
  let due = 0;
  return (index, item) => {
    early.set(index, item);
    for (; early.has(due); due++) {
      next(early.get(due)!);
      early.delete(due);
    }
  };
}

async function solveOne(reader: LocalReader, file: string, fields: TaskFields): Promise<Outcome> {
  try {
    const image = await readWhole(file);
    if (image.length === 0) {
      const errorDescription = `${file === '-' ? 'Standard input' : 'The file'} is empty`;
      return { file, errorCode: 'ERROR_PARSE_IMAGE_FAIL', errorDescription };
    }
    return { file, solution: await reader.solve(image, fields) };
  } catch (error) {
    if (error instanceof Fault) {
      // There is one image here, and no task.
      const detail = error.detail?.replace(/^task\.body:/, 'the file:');
      return { file, errorCode: error.code, errorDescription: describeFault(error, 'en', detail) };
    }
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return { file, errorCode: code, errorDescription: fileProblems[code] ?? message };
  }
}

/** Bytes of a file that are read at most; 0 for a pipe, whose size nobody knows, and for what cannot be read anyway. */
async function sizeOf(file: string): Promise<number> {
  const { size } = file === '-' ? { size: 0 } : await stat(file).catch(() => ({ size: 0 }));
  return Math.min(size, mostBytes);
}

/**
 * What a file holds, or standard input.
 * @throws Fault ERROR_INVALID_IMAGE as soon as that is larger than any image may be
 */
async function readWhole(file: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of file === '-' ? process.stdin : createReadStream(file)) {
    bytes += piece.length;
    if (bytes > mostBytes)
      throw new Fault('ERROR_INVALID_IMAGE', { detail: `the file: larger than ${mostBytes} bytes` });
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function write(outcome: Outcome, { csv }: Options, isNamed: boolean): void {
  if (csv) console.log(csvLine(columnsOf(outcome)));
  else writePlain(outcome, isNamed);
}

function columnsOf(outcome: Outcome): unknown[] {
  if ('errorCode' in outcome) return [outcome.file, '', '', outcome.errorCode];
  return [outcome.file, outcome.solution.text, outcome.solution.confidence, ''];
}

const csvLine = (columns: unknown[]): string => columns.map(cell).join(',');

/** What could not be read goes to standard error: on standard output it would be taken for a text. */
function writePlain(outcome: Outcome, isNamed: boolean): void {
  const name = `${printable(outcome.file) || '(no name)'}: `;
  if ('solution' in outcome) console.log(`${isNamed ? name : ''}${outcome.solution.text}`);
  else console.error(`${isNamed || outcome.file !== '-' ? name : ''}${printable(outcome.errorDescription)}`);
}

/** RFC 4180: quoted where it holds a quote, a comma or a line break. */
function cell(value: unknown): string {
  const text = String(value);
  return /["\r\n,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
