import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from './schema.ts';

export type EngineName = 'sqlite' | 'postgres';

/** A query written with Kysely once, compiled once for each engine, and run with other values each time. */
export interface Statement<P, R> {
  build(db: Kysely<Tables>, holes: P, engine: EngineName): Compilable<R>;
}

/**
 * Describes a query. `holes` stands for the values that each run brings: it may only be passed on to Kysely,
 * never looked at.
 */
export function statement<P, R>(build: Statement<P, R>['build']): Statement<P, R> {
  return { build };
}

/** One query of an operation, with its values. */
export interface Ask {
  // biome-ignore lint/suspicious/noExplicitAny: an engine runs statements of every kind
  statement: Statement<any, any>;
  values: Record<string, unknown>;
}

export interface Told {
  rows: unknown[];
  /** Rows inserted, updated or deleted. */
  changes: number;
}

/**
 * An operation: it asks one query after another and is told the results. SQLite's thread answers at once,
 * PostgreSQL's connection when the answer has come, so that each operation is written once for both. It can
 * wait for nothing but queries, and so holds no transaction open.
 */
export type Operation<T> = Generator<Ask, T, Told>;

export function* rows<P, R>(query: Statement<P, R>, values: P): Operation<R[]> {
  const told = yield { statement: query, values: values as Record<string, unknown> };
  return told.rows as R[];
}

export function* first<P, R>(query: Statement<P, R>, values: P): Operation<R | undefined> {
  return (yield* rows(query, values))[0];
}

/** Runs a write and tells how many rows it changed. */
export function* change<P, R>(query: Statement<P, R>, values: P): Operation<number> {
  const told = yield { statement: query, values: values as Record<string, unknown> };
  return told.changes;
}

export interface Compiled {
  sql: string;
  /** The values in the order of the query's placeholders. */
  bind(values: Record<string, unknown>): unknown[];
}

class Hole {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

const holes = new Proxy({}, { get: (_, name) => new Hole(String(name)) });

/** Compiles statements for one engine, each only the first time: compiling costs more than running. */
export function compilerFor(engine: EngineName): (query: Ask['statement']) => Compiled {
  const db = new Kysely<Tables>({
    dialect: {
      createAdapter: () => (engine === 'sqlite' ? new SqliteAdapter() : new PostgresAdapter()),
      createDriver: () => new DummyDriver(),
      createIntrospector: (owner) =>
        engine === 'sqlite' ? new SqliteIntrospector(owner) : new PostgresIntrospector(owner),
      createQueryCompiler: () =>
        engine === 'sqlite' ? new SqliteQueryCompiler() : new PostgresQueryCompiler(),
    },
  });
  const known = new Map<Ask['statement'], Compiled>();
  return (query) => {
    let compiled = known.get(query);
    if (compiled === undefined) {
      const { sql, parameters } = query.build(db, holes, engine).compile();
      compiled = {
        sql,
        bind: (values) => parameters.map((value) => (value instanceof Hole ? values[value.name] : value)),
      };
      known.set(query, compiled);
    }
    return compiled;
  };
}
