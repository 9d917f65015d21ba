import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDataDir } from '../../dataDir.ts';
import { giveToOwnerOfFolder } from '../../disk.ts';
import { UserError } from '../../userError.ts';
import type { StoreCheck } from '../admin.ts';
import { type Engine, type EngineEvents, StoreError } from '../engine.ts';
import { keepInPlace } from '../lock.ts';
import type { Arguments, Call, OperationName, Result } from '../operations.ts';
import type { AskedCall } from './batch.ts';
import type { Durability } from './commands.ts';
import { openDatabase } from './connection.ts';
import { standingUnder } from './header.ts';
import { startThread, type Thread } from './mainEnd.ts';
import { madeShape, type Shape } from './shape.ts';
import { damageRemedy, explained, isDamage } from './unusable.ts';

const partsRemedy = 'restore the last backup that was made before (`legible restore FILE`)';

/** Opens the file, which it makes where there is none, in a thread of its own. */
export async function openSqlite(file: string, events: EngineEvents): Promise<Engine> {
  makeDataDir(dirname(file));
  const lock = keepInPlace(file);
  let writer: Thread;
  try {
    if (standingUnder(file) === 'missing') makeDatabase(file);
    writer = await startThread({ file, readonly: false }, events);
  } catch (error) {
    lock.release();
    throw explained(error, file);
  }
  const watch = watchPlace(file, (error) => writer.fail(error));

  return {
    call: <Name extends OperationName>(name: Name, ...args: Arguments<Name>) =>
      writer.call({ name, args } as unknown as Call) as Promise<Result<Name>>,
    early: <Name extends OperationName>(name: Name, ...args: Arguments<Name>) =>
      writer.call({ name, args, early: true } as unknown as AskedCall) as Promise<Result<Name>>,
    look: <Name extends OperationName>(name: Name, ...args: Arguments<Name>) =>
      reading(file, (reader) => reader.call({ name, args } as unknown as Call) as Promise<Result<Name>>),
    async inspect() {
      const { journal, synchronous, foreignKeys } = (await writer.command({
        command: 'durability',
      })) as Durability;
      const integrity = String(await reading(file, (reader) => reader.command({ command: 'integrity' })));
      const isWhole = integrity === 'ok';
      const check = (name: string, ok: boolean, detail: string): StoreCheck => ({ name, ok, detail });
      return [
        check('engine', true, `SQLite in ${file}`),
        check('journal', journal === 'wal', `journal_mode is ${journal}`),
        check('durability', synchronous === 2, `synchronous is ${synchronous}; 2 is FULL`),
        check('foreign keys', foreignKeys === 1, foreignKeys === 1 ? 'enforced' : 'not enforced'),
        check('integrity', isWhole, isWhole ? integrity : `${integrity}: ${damageRemedy}`),
        // Of a damaged file it need not be possible to ask.
        ...(isWhole ? [await checkParts(file)] : []),
      ];
    },
    walBytes: async () => (await stat(`${file}-wal`).catch(() => ({ size: 0 }))).size,
    async close() {
      clearInterval(watch);
      await writer.close().finally(() => lock.release());
    },
  };
}

async function checkParts(file: string): Promise<StoreCheck> {
  const shape = (await reading(file, (reader) => reader.command({ command: 'shape' }))) as Shape;
  const made = Object.entries(await madeShape());
  const missing = made.filter(([name, does]) => shape[name] !== does).map(([name]) => name);
  const ok = missing.length === 0;
  const detail = ok ? 'all there' : `missing or changed: ${missing.join(', ')}; ${partsRemedy}`;
  return { name: 'parts', ok, detail };
}

/** Closed before it is given away: SQLite makes its journal for whoever owns the database then. */
function makeDatabase(file: string): void {
  openDatabase(file).close();
  giveToOwnerOfFolder(file);
}

const lookMs = 1_000;

/** A file that is removed or replaced goes on taking writes, which nobody will ever read. */
function watchPlace(file: string, onGone: (error: Error) => void): NodeJS.Timeout {
  const opened = identityOf(file);
  const watch = setInterval(() => {
    const now = identityOf(file);
    if (now === opened || now === undefined) return;
    clearInterval(watch);
    onGone(new StoreError('REMOVED', `${file} has been removed or replaced while it was in use`));
  }, lookMs);
  return watch.unref();
}

/** Undefined where it cannot be told now; the file is open, whatever has become of the way to it. */
function identityOf(file: string): string | undefined {
  try {
    const found = statSync(file, { bigint: true, throwIfNoEntry: false });
    return `${found?.dev}:${found?.ino}`;
  } catch {
    return undefined;
  }
}

/**
 * Copies the database as it stands, whatever version its tables are of, while others use it. A failure may leave part of
 * the copy, which must not be there before.
 * @throws UserError when it cannot be read, or the copy not be written, under the name that the user knows
 */
export async function copySqlite(file: string, target: string, name = target): Promise<void> {
  const lock = keepInPlace(file);
  try {
    await reading(file, (reader) =>
      reader.command({ command: 'backup', file: target }).catch((error: Error) => {
        if (isDamage(error)) throw error;
        throw new UserError(`${name} cannot be written: ${error.message}`);
      }),
    );
  } catch (error) {
    throw explained(error, file);
  } finally {
    lock.release();
  }
}

async function reading<T>(file: string, work: (reader: Thread) => Promise<T>): Promise<T> {
  const reader = await startThread({ file, readonly: true }, { committed() {}, fatal() {} });
  try {
    return await work(reader);
  } finally {
    await reader.close();
  }
}
