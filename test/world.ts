import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect } from 'vitest';
import type { Clock } from '../src/clock.ts';
import type { AnyTaskType } from '../src/flow/stages.ts';
import { buildServer } from '../src/http/server.ts';
import { generateKey, hashKey, hintOf } from '../src/key.ts';
import { createLog } from '../src/log.ts';
import { createMetrics } from '../src/metrics.ts';
import { Guard } from '../src/outbound/guard.ts';
import { readClassCard } from '../src/recognize/classes/card.ts';
import { Questions } from '../src/recognize/classes/questions.ts';
import { imageParser } from '../src/recognize/imageParser.ts';
import type { Config } from '../src/settings/config.ts';
import { loadConfig } from '../src/settings/loadConfig.ts';
import { type NewKey, type NewPackage, type StoreAdmin, unlimited } from '../src/store/admin.ts';
import { databaseFile, openStore } from '../src/store/open.ts';
import type { Store } from '../src/store/store.ts';
import { taskTypes } from '../src/tasks/registry.ts';
import type { Classifier, Engines, ProofSearcher, PuzzleSolver, TextReader, Web } from '../src/tasks/task.ts';
import { auditFile } from './auditFile.ts';

export const pepper = 'a pepper that only tests know, 32 characters and more';
/** 2026-11-20 12:00 UTC, far from any edge of a day. */
const noon = Date.UTC(2026, 10, 20, 12);

export const start = 1_000_000;
export const price = 400;

/** A clock that only moves when it is told to. */
export class FakeClock implements Clock {
  #now = noon;
  #elapsed = 0;
  now(): number {
    return this.#now;
  }
  elapsed(): number {
    return this.#elapsed;
  }
  advance(ms: number): void {
    this.#now += ms;
    this.#elapsed += ms;
  }
  /** As somebody who corrects the machine's time: no time passes. */
  setBack(ms: number): void {
    this.#now -= ms;
  }
}

/** A reader that needs no model: it says the same of every image. */
export function readerOf(text: string, confidence = 0.97): TextReader {
  return { read: async () => ({ text, confidence, characters: [], alternatives: [] }) };
}

/** A reader that says so of every image, once it is told to finish. */
export function gatedReader(text: string) {
  const gate = Promise.withResolvers<void>();
  const reader = readerOf(text, 1);
  const read: TextReader['read'] = (...args) => gate.promise.then(() => reader.read(...args));
  return { read, finish: () => gate.resolve() };
}

/** A reader that never answers, and lets go when it is told that nobody waits. */
export const stalledReader: TextReader = {
  read: (_image, { signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    }),
};

const never = (): never => {
  throw new Error('no test of this kind computes, looks or calls');
};
const noProofs: ProofSearcher = { search: async () => never() };
const noPuzzles: PuzzleSolver = { findGap: never, findTurn: never, findClicks: never };
const noClasses: Classifier = { classify: never };
const noWeb: Web = { call: async () => never() };

const questions = new Questions(readClassCard());

export interface WorldOptions {
  settings?: Partial<Config>;
  engines?: Partial<Engines>;
  moreTypes?: AnyTaskType[];
  /** Micro-USD on the account. */
  money?: number;
  /** Of an earlier world that was left on the disk. */
  dataDir?: string;
  clock?: FakeClock;
  /** How long it still answers after its end; most tests need no such moment. */
  lingerMs?: number;
  /** Of an earlier world, whose clients come back to it. */
  port?: number;
  /** Aborted when its store is to be taken for lost. */
  lost?: AbortSignal;
}

export interface Answer {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what it holds is what the tests are about
  body: any;
}

export type World = Awaited<ReturnType<typeof openWorld>>;

/** The server over its real store on an SQLite file, on a port of its own. */
export async function openWorld({
  settings = {},
  engines = {},
  moreTypes = [],
  money = start,
  dataDir = mkdtempSync(join(tmpdir(), 'legible-world-')),
  clock = new FakeClock(),
  lingerMs = 0,
  port = 0,
  lost,
}: WorldOptions = {}) {
  const config: Config = { ...loadConfig({}, ''), ...settings, dataDir };
  const guard = new Guard({ allow: config.outboundAllow, ports: config.outboundPorts });
  const unexpected = (error: Error) => {
    throw error;
  };
  const store: Store & StoreAdmin = await openStore(
    { dataDir, databaseUrl: undefined },
    { onFatal: unexpected },
  );
  await store.repair(clock.now());
  const log: string[] = [];
  const metrics = createMetrics();
  const besidePorts: number[] = [];
  const api = buildServer({
    config,
    clock,
    machineTime: () => clock.now(),
    store,
    engines: {
      text: readerOf('k7mp2'),
      puzzles: noPuzzles,
      classes: noClasses,
      proofs: noProofs,
      web: noWeb,
      ...engines,
    },
    sites: guard,
    taskTypes: [
      ...taskTypes({ parseImage: imageParser(config), strict: config.strict, sites: guard, questions }),
      ...moreTypes,
    ],
    questions: questions.listed,
    pepper,
    log: createLog({ logLevel: 'debug' }, { write: (line) => log.push(line) }),
    metrics,
    lingerMs,
    ...(lost && { lost }),
    onBesidePort: (port) => besidePorts.push(port),
  });
  const url = await api.listen({ host: '127.0.0.1', port });

  if ((await store.readAccount('alice')) === undefined) await openAccount('alice', money);
  const key = await addKey();

  async function openAccount(name: string, amount: number) {
    const opened = await store.createAccount({ id: name, name, now: clock.now() });
    if (amount > 0) await store.topUp({ accountId: name, amount, note: 'test', now: clock.now() });
    return opened;
  }

  /** A new key of the account, and its text. */
  async function addKey(over: Partial<NewKey> = {}, text = generateKey()): Promise<string> {
    await store.createKey({ ...newKey(text), accountId: 'alice', ...over });
    return text;
  }

  function newKey(text: string): NewKey {
    return {
      id: randomUUID(),
      accountId: 'alice',
      packageId: null,
      hash: hashKey(text, pepper),
      hint: hintOf(text),
      label: '',
      ...unlimited,
      now: clock.now(),
    };
  }

  /** A package with a key of its own; the key's text. */
  async function addPackage(over: Partial<NewPackage> & { id: string }): Promise<string> {
    const text = generateKey();
    const standard = {
      accountId: 'alice',
      title: over.id,
      type: 1,
      rateLimit: null,
      concurrency: null,
      calls: 10,
    };
    const pack = { ...standard, expiresAt: null, now: clock.now(), ...over };
    await store.createPackage(pack, { ...newKey(text), packageId: over.id });
    return text;
  }

  /** Sends bytes as they are. */
  async function send(path: string, body: string | Buffer | null, init: RequestInit = {}): Promise<Answer> {
    const answer = await fetch(`${url}${path}`, { method: 'POST', body, ...init });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  }

  return {
    api,
    clock,
    config,
    dataDir,
    databaseFile: databaseFile(dataDir),
    key,
    log,
    metrics,
    /** That the API answers on besides its own. */
    besidePorts,
    store,
    url,
    accountId: 'alice',
    port: Number(new URL(url).port),
    addKey,
    addPackage,
    openAccount,
    send,

    /** Calls a method as a client with the world's key. */
    call(method: string, fields: Record<string, unknown> = {}, init: RequestInit = {}): Promise<Answer> {
      return send(`/${method}`, JSON.stringify({ clientKey: key, ...fields }), init);
    },

    /** What the account has, and what is held of it. */
    async money() {
      const { posted, pending } = (await store.readAccount('alice'))!;
      return { posted, pending };
    },

    /** Stops, and leaves the files for a world that goes on from them. */
    async stop(): Promise<void> {
      await api.close();
      expect(auditFile(databaseFile(dataDir), clock.now())).toEqual([]);
      await store.close();
    },

    async [Symbol.asyncDispose]() {
      await this.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** A PNG of this size, as base64. */
export async function picture(width = 120, height = 40): Promise<string> {
  const create = { width, height, channels: 3 as const, background: { r: 240, g: 240, b: 230 } };
  return (await sharp({ create }).png().toBuffer()).toString('base64');
}

export async function imageTask(more: Record<string, unknown> = {}) {
  return { task: { type: 'ImageToTextTask', body: await picture(), ...more } };
}

/** The whole of a refusal: status, exactly three fields, their values. */
export function expectRefusal(answer: Answer, errorCode: string, errorDescription: string): void {
  expect({ status: answer.status, body: answer.body }).toEqual({
    status: errorCode === 'ERROR_KEY_DENIED_ACCESS' ? 401 : 400,
    body: { errorId: 1, errorCode, errorDescription },
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
}

/** The whole of a createTask answered at once. */
export function expectReady(answer: Answer, solution: unknown = expect.any(Object)): void {
  expect({ status: answer.status, body: answer.body }).toEqual({
    status: 200,
    body: {
      errorId: 0,
      errorCode: '',
      errorDescription: '',
      status: 'ready',
      solution,
      taskId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
    },
  });
}
