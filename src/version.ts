import { readFileSync } from 'node:fs';
import { z } from 'zod';

const manifest = z
  .object({ version: z.string(), engines: z.object({ node: z.string().regex(/^>=\d+\.\d+$/) }) })
  .parse(JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')));

/** The version in package.json, one folder above `src` and `dist` alike. */
export const version = manifest.version;

/** The oldest Node that it runs on: `22.19`. */
export const oldestNode = manifest.engines.node.slice('>='.length);
