import { parseArgs } from 'node:util';
import { asyncCampaign } from './async.ts';
import { killCampaign } from './kill.ts';

/** `npm run torture -- kill --rounds 20 --seed 1`: its last line is one JSON object. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '20' }, seed: { type: 'string' } },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const campaign = { kill: killCampaign, async: asyncCampaign }[positionals[0] ?? ''];
if (campaign === undefined || !Number.isInteger(rounds) || rounds < 1 || !Number.isInteger(seed)) {
  console.error('usage: npm run torture -- kill|async [--rounds N] [--seed N]');
  process.exit(2);
}
console.log(`seed ${seed}`);
process.exitCode = (await campaign(rounds, seeded(seed))) ? 0 : 1;

/** Mulberry32: small, and the same on every machine. */
function seeded(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
