import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { Kysely, SqliteDialect } from 'kysely';
import { migrate } from '../migrate.ts';
import type { Call } from '../operations.ts';
import { runBatch } from './batch.ts';
import { type Command, commands } from './commands.ts';
import { connect, openDatabase } from './connection.ts';
import type { Asked, Replied, ThreadOptions } from './protocol.ts';

/** A commit with more would make the first of them wait too long. */
const mostCalls = 512;

/** Runs in the store's thread: takes up whatever has gathered since the last commit, commits once, answers. */
async function serve(port: MessagePort, { file, readonly }: ThreadOptions): Promise<void> {
  const database = openDatabase(file, { readonly });
  if (!readonly) await migrate(new Kysely<unknown>({ dialect: new SqliteDialect({ database }) }), 'sqlite');
  const connection = connect(database);

  function answerCalls(groups: Call[][]): boolean {
    const started = performance.now();
    const calls = groups.flat();
    const { answers, commits, fatal } = runBatch(connection, calls);
    const seconds = (performance.now() - started) / 1000;
    let from = 0;
    for (const group of groups) {
      const reply: Replied = { answers: answers.slice(from, from + group.length) };
      from += group.length;
      if (from === calls.length && commits.length > 0) reply.commits = { sizes: commits, seconds };
      if (from === calls.length && fatal) reply.fatal = fatal;
      port.postMessage(reply);
    }
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
    let next: Asked | undefined = message;
    while (next !== undefined) {
      const groups: Call[][] = [];
      let size = 0;
      while (next !== undefined && 'calls' in next && size < mostCalls) {
        groups.push(next.calls);
        size += next.calls.length;
        next = receiveMessageOnPort(port)?.message;
      }
      if (groups.length > 0 && !answerCalls(groups)) return port.close();
      if (next === undefined || 'calls' in next) continue;
      if (next.command === 'close') {
        commands.close(database);
        return port.close();
      }
      answerCommand(next);
      next = receiveMessageOnPort(port)?.message;
    }
  });
  port.postMessage({ answers: [] } satisfies Replied);
}

await serve(parentPort!, workerData as ThreadOptions);
