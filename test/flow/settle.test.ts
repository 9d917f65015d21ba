import { expect, it } from 'vitest';
import { settler } from '../../src/flow/settle.ts';
import type { Answer } from '../../src/flow/stages.ts';
import { createLog } from '../../src/log.ts';
import { FakeClock } from '../world.ts';

it('an answer to a task whose hold never reached the disk is withheld, and to be sent again later', async () => {
  const clock = new FakeClock();
  const { settle } = settler({
    clock,
    log: createLog({ logLevel: 'fatal' }),
    store: {
      settle: async () => false,
      release: async () => false,
      handBack: async () => false,
      poll: async () => undefined,
    },
  });
  const held = { taskId: 'task-1', lease: 1, accountId: 'alice', deadline: clock.now() + 120_000 };
  const answer = { held, solution: '{"text":"abc"}' } as Answer;
  await expect(settle(answer)).rejects.toMatchObject({ code: 'ERROR_SERVICE_UNAVALIABLE' });
});
