import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { printable, spelledOut } from '../cli/output.ts';
import { UserError } from '../userError.ts';
import type { Families } from './families.ts';

/** Ends the process: whoever has called us made a mistake. */
export function refuse(message: string): never {
  // How it is called has several lines.
  for (const line of message.split('\n')) tell(line);
  process.exit(2);
}

/** On standard error: names and labels in it may hold anything. */
export function tell(line: string): void {
  console.error(printable(line));
}

/** What `step` gives; a mistake of whoever has called us is told in a line. */
export function orRefuse<T>(step: () => T): T {
  try {
    return step();
  } catch (error) {
    return refuseTheirs(error);
  }
}

/** Of the options, the folders, and what the machine says of a file (may not be read, is a folder). */
function refuseTheirs(error: unknown): never {
  const { code, errno, message } = error as NodeJS.ErrnoException;
  const isTheirs =
    error instanceof UserError || errno !== undefined || code?.startsWith('ERR_PARSE_ARGS') === true;
  if (!isTheirs) throw error;
  return refuse(message);
}

/** The options and folders that a measurement is called with; ends the process where it is asked how, or wrongly. */
export function argumentsOf<Options extends Record<string, { type: 'string' }>>(
  usage: string,
  options: Options,
) {
  const { values, positionals } = orRefuse(() =>
    parseArgs({ allowPositionals: true, options: { ...options, help: { type: 'boolean', short: 'h' } } }),
  );
  if ((values as { help?: boolean }).help) {
    console.log(usage);
    process.exit(0);
  }
  if (positionals.length === 0) refuse(usage);
  return { values: values as { [Name in keyof Options]?: string }, positionals };
}

export function refuseModel(model: string, error: unknown): never {
  const [why] = (error as Error).message.split('\n', 1);
  return refuse(`--model ${model} is no text model with its card beside it: ${why}`);
}

/** Before hours are spent on what it shall hold; an older one stays as it is until then, and none is left empty. */
export function proveWritable(file: string): void {
  try {
    const isNew = !existsSync(file);
    closeSync(openSync(file, 'a'));
    if (isNew) rmSync(file);
  } catch (error) {
    refuse(`${file} cannot be written: ${(error as Error).message}`);
  }
}

/** Of a row that says nothing of how images are read. */
export function tellLeftOut(path: string, why: string): void {
  tell(`${path}: ${why}; its row is left out`);
}

/** What is left out of folders, and what makes misses of images that were read. */
export function tellNotes({ leftOut, misspelt, unwritable, skipped }: Families): void {
  for (const { path, why } of leftOut) tellLeftOut(path, why);
  for (const { name, column, known } of misspelt)
    tell(`${name}: its labels.tsv has a column ${column}, which means nothing${known}`);
  for (const { name, labels, characters } of unwritable)
    tell(
      `${name}: ${labels} labels hold ${spelledOut(characters)}, which the model cannot write: they count as misses, whatever the images are like`,
    );
  for (const { name, why } of skipped) tell(`${name}: skipped: ${why}`);
}
