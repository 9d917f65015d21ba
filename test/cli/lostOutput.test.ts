import { closeSync, openSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { installation, legibleUnread } from './legible.ts';

const { settings, json } = installation();

beforeAll(async () => {
  await json('account', 'create', 'alice');
  await json('key', 'create', 'alice');
});

const done = 'Whatever it changes is done';

describe('where nobody reads', () => {
  const lost = `what came of it could not be written: write EPIPE. ${done}`;

  it('a change fails and says that it is done: a key that is made is shown this once', async () => {
    const told = await legibleUnread(['key', 'create', 'alice'], settings);
    expect(told).toEqual({ status: 1, err: `error: ${lost}\n` });
  });

  it('it says so as JSON to whoever asked for that', async () => {
    const asked = ['package', 'create', 'alice', '--calls', '1', '--json'];
    const told = await legibleUnread(asked, settings);
    expect(told).toEqual({ status: 1, err: `${JSON.stringify({ error: lost })}\n` });
  });

  it.each([[['key', 'list']], [['account', 'show', 'alice', '--json']]])(
    '%j ends without a word: who reads a list may stop at any line of it',
    async (args) => {
      expect(await legibleUnread(args, settings)).toEqual({ status: 0, err: '' });
    },
  );
});

describe('where there is no room', () => {
  const lost = 'what came of it could not be written: ENOSPC: no space left on device, write';

  async function full(...args: string[]) {
    const file = openSync('/dev/full', 'w');
    try {
      return await legibleUnread(args, settings, file);
    } finally {
      closeSync(file);
    }
  }

  it('a list says that it is lost, and nothing of changes', async () => {
    const told = { status: 1, err: `${JSON.stringify({ error: lost })}\n` };
    expect(await full('account', 'list', '--json')).toEqual(told);
  });

  it('a change says that it is done', async () => {
    expect(await full('topup', 'alice', '1')).toEqual({ status: 1, err: `error: ${lost}. ${done}\n` });
  });
});
