import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { anotherOf, type KilledServer, killedServer } from '../store/killedServer.ts';
import { legibleProcess } from './legible.ts';

let killed: KilledServer;
beforeAll(async () => {
  killed = await killedServer();
});

/** The first page, or one of its tables. */
const damages: Record<string, (bytes: Buffer) => Buffer> = {
  header: (bytes) => bytes.fill(0x41, 16, 4096),
  schema: (bytes) => bytes.fill(0x41, 108, 2_000),
};

// Each in a process of its own: what a handle does that is left open, it does when that ends.
test.each(
  Object.keys(damages).flatMap((kind) =>
    [['doctor'], ['account', 'list'], ['backup', 'copy.sqlite']].map((command) => [kind, command] as const),
  ),
)(
  'a database of damaged %s keeps what is in it and its journal, whoever looks: %s',
  async (kind, command) => {
    const { file, dataDir } = anotherOf(killed, `${kind}-${command[0]}`);
    writeFileSync(file, damages[kind]!(readFileSync(file)));
    writeFileSync(`${file}-journal`, '');
    const bytes = () => [file, `${file}-wal`].map((name) => existsSync(name) && readFileSync(name, 'hex'));
    const before = bytes();
    const { status, out, err } = await legibleProcess(command as string[], { LEGIBLE_DATA_DIR: dataDir });
    expect(status).toBe(1);
    expect(out + err).toMatch(/is damaged|malformed|not a database/);
    expect(out + err).not.toMatch(/copy\.sqlite cannot be written/);
    expect(bytes()).toEqual(before);
  },
);
