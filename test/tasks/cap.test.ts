import Cap from '@cap.js/server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpServer } from '../outbound/loopback.ts';
import { openProofWorld, solved } from '../proofWorld.ts';
import type { World } from '../world.ts';

const cap = new Cap({ noFSState: true });
let site: Awaited<ReturnType<typeof httpServer>>;
let world: World;
let change = (challenge: object) => challenge;
let asked: string[] = [];

beforeAll(async () => {
  site = await httpServer(async (request, response) => {
    asked.push(`${request.method} ${request.url}`);
    let body = '';
    for await (const part of request) body += part;
    const answer = request.url!.endsWith('/challenge')
      ? change(await cap.createChallenge({ challengeCount: 12, challengeDifficulty: 3 }))
      : await cap.redeemChallenge(JSON.parse(body));
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  world = await openProofWorld([site.port], { settings: { maxPolls: 100_000 } });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await site.close();
});

const ask = (fields: Record<string, unknown>) => solved(world, { type: 'CapTask', ...fields });

describe("Cap's own server", () => {
  it.each(['/key', '/key/'])('accepts our solutions and gives its token for them (%s)', async (path) => {
    asked = [];
    const { body } = await ask({ challengeURL: `${site.url}${path}` });
    expect(body.status).toBe('ready');
    expect(await cap.validateToken(body.solution.token)).toEqual({ success: true });
    expect(asked).toEqual(['POST /key/challenge', 'POST /key/redeem']);
  });

  it('accepts from the client the solutions of a challenge that came with the task', async () => {
    const challenge = await cap.createChallenge({
      challengeCount: 50,
      challengeSize: 40,
      challengeDifficulty: 3,
    });
    const { solution } = (await ask({ challenge })).body;
    const { success, token } = await cap.redeemChallenge(solution);
    expect(success).toBe(true);
    expect(await cap.validateToken(token!)).toEqual({ success: true });
  });

  it('is not imitated for salts longer than it makes', async () => {
    const challenge = await cap.createChallenge({ challengeCount: 1, challengeSize: 257 });
    const before = await world.money();
    const { body } = await ask({ challenge });
    expect(body.errorCode).toBe('ERROR_INVALID_TASK_DATA');
    expect(body.errorDescription).toBe('Invalid task data: task.challenge.challenge.s: is too large');
    change = () => challenge;
    expect((await ask({ challengeURL: site.url })).body.errorCode).toBe('ERROR_CAPTCHA_UNSOLVABLE');
    change = (given) => given;
    expect(await world.money()).toEqual(before);
  });

  it('accepts the longest that are solved, of as many parts as may be', async () => {
    const asked = { challengeCount: 1_000, challengeSize: 256, challengeDifficulty: 1 };
    const { solution } = (await ask({ challenge: await cap.createChallenge(asked) })).body;
    expect(await cap.redeemChallenge(solution)).toMatchObject({ success: true });
  });

  it('is not told that something was solved when it wants signs of a browser', async () => {
    change = (challenge) => ({ ...challenge, instrumentation: 'a program' });
    const { body } = await ask({ challengeURL: site.url });
    change = (challenge) => challenge;
    expect(body).toMatchObject({
      errorCode: 'ERROR_CAPTCHA_UNSOLVABLE',
      errorDescription: 'Captcha not recognized: task.challenge: asks for more than computing',
    });
  });

  it('that forgets its own challenge leaves the task failed, and free', async () => {
    change = (challenge) => ({ ...challenge, token: 'another' });
    const before = await world.money();
    const { body } = await ask({ challengeURL: site.url });
    change = (challenge) => challenge;
    expect(body).toMatchObject({ status: 'failed', errorCode: 'ERROR_CAPTCHA_UNSOLVABLE' });
    expect(await world.money()).toEqual(before);
  });
});
