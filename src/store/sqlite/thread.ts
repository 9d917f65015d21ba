import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { type AskedCall, runBatch } from './batch.ts';
import { type Command, commands } from './commands.ts';
import { connect, openDatabase } from './connection.ts';
import { migrateFile } from './migrateFile.ts';
import type { Asked, Foretold, Replied, ThreadOptions } from './protocol.ts';

/** A commit with more would make the first of them wait too long. */
const mostCalls = 512;

/**
 * Where all results of a transaction were told early, its commit waits so long for the end of one of its tasks: usually
 * that comes within a few milliseconds, and one commit then carries hold and charge. A kill meanwhile undoes what nobody
 * outside has heard of. Longer, and other processes would wait for the file.
 */
const lingerMs = 10;

/**
 * Runs in the store's thread: takes up whatever has gathered since the last commit, and whatever comes while it
 * runs that, commits once, answers.
 */
async function serve(port: MessagePort, { file, readonly, bell }: ThreadOptions): Promise<void> {
  const database = openDatabase(file, { readonly });
  if (!readonly) await migrateFile(database);
  const connection = connect(database);
  /** A message that was taken from the port, and whose turn has not come. */
  let next: Asked | undefined;

  /** Calls that wait at the port; a command among them waits for the commit of those before it. */
  function takeCalls(room: number): AskedCall[] {
    const calls: AskedCall[] = [];
    while (calls.length < room) {
      next ??= receiveMessageOnPort(port)?.message as Asked | undefined;
      if (next === undefined || !('calls' in next)) break;
      calls.push(...next.calls);
      next = undefined;
    }
    return calls;
  }

  /** Work can begin on what is held while the disk writes; then it may be done in time for the same commit. */
  function foretell(ran: AskedCall[], values: unknown[], from: number): void {
    const early: Foretold['early'] = [];
    for (let at = from; at < values.length; at++) if (ran[at]!.early) early.push([at, values[at]]);
    if (early.length > 0) port.postMessage({ early } satisfies Foretold);
  }

  function linger(room: number, ms: number): AskedCall[] {
    const rung = Atomics.load(bell, 0);
    const come = takeCalls(room);
    if (come.length > 0 || next !== undefined || ms <= 0) return come;
    Atomics.wait(bell, 0, rung, ms);
    return takeCalls(room);
  }

  function answerCalls(calls: AskedCall[]): boolean {
    const started = performance.now();
    let isAwaited = false;
    const { answers, commits, fatal } = runBatch(connection, calls, (ran, values, from) => {
      foretell(ran, values, from);
      isAwaited ||= ran.slice(from).some((call) => !call.early);
      const room = mostCalls - ran.length;
      return isAwaited ? takeCalls(room) : linger(room, lingerMs - (performance.now() - started));
    });
    port.postMessage({
      answers,
      ...(commits.length > 0 ? { commits } : {}),
      ...(fatal ? { fatal } : {}),
    } satisfies Replied);
    return fatal === undefined;
  }

  function answerCommand({ command, file: target }: Command): void {
    try {
      port.postMessage({ answers: [{ value: commands[command](database, target) }] } satisfies Replied);
    } catch (error) {
      const { code = 'ERROR', message } = error as { code?: string; message: string };
      port.postMessage({ answers: [{ error: { code, message } }] } satisfies Replied);
    }
  }

  port.on('message', (message: Asked) => {
    next = message;
    do {
      const calls = takeCalls(mostCalls);
      if (calls.length > 0 && !answerCalls(calls)) return port.close();
      if (next === undefined || 'calls' in next) continue;
      const command: Command = next;
      next = undefined;
      if (command.command === 'close') {
        commands.close(database);
        return port.close();
      }
      answerCommand(command);
      next = receiveMessageOnPort(port)?.message as Asked | undefined;
    } while (next !== undefined);
  });
  port.postMessage({ answers: [] } satisfies Replied);
}

await serve(parentPort!, workerData as ThreadOptions);
