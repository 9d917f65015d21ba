import { existsSync, readFileSync } from 'node:fs';
import type { Log } from '../log.ts';
import type { Config } from '../settings/config.ts';

/** A server has 35 open when nobody is connected, and may call a hundred others at once. */
const filesOfServer = 180;
const filesOfThread = 5;

/** Open files that a server needs beside its connections. */
const filesBeside = ({ recognizers, proofThreads }: Config): number =>
  filesOfServer + filesOfThread * (recognizers + proofThreads);

/** Open files that a server needs to take all the connections that it may. */
export function filesNeeded(config: Config): number {
  return config.maxConnections + filesBeside(config);
}

/** How many files and sockets this process may have open; no limit where the system does not say. */
export function mostOpenFiles(): number {
  return readProc('/proc/self/limits', /^Max open files\s+(\d+)/m) ?? Number.POSITIVE_INFINITY;
}

/**
 * With more connections than it may have files, a server could neither take one nor open anything, nor say so: its health
 * would be out of reach as well.
 */
export function withinOpenFiles(config: Config, log: Log, most = mostOpenFiles()): Config {
  if (filesNeeded(config) <= most) return config;
  const { maxConnections } = config;
  const left = Math.max(1, most - filesBeside(config));
  log.warn(
    { maxConnections, openFiles: most, taken: left },
    'the limit of open files (ulimit -n, LimitNOFILE) is too low for maxConnections: fewer connections are taken',
  );
  return { ...config, maxConnections: left };
}

/** The number that a pattern finds in one of the files in which Linux tells of itself; undefined where there is none. */
export function readProc(file: string, pattern: RegExp): number | undefined {
  if (!existsSync(file)) return undefined;
  const match = pattern.exec(readFileSync(file, 'utf8'));
  return match ? Number(match[1]) : undefined;
}
