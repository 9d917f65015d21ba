import { parseArgs } from 'node:util';
import { asyncCampaign } from './async.ts';
import { faultCampaign } from './faults.ts';
import { killCampaign } from './kill.ts';

/** `npm run torture -- kill --rounds 20 --seed 1`: its last line is one JSON object. */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    engine: { type: 'string', default: 'sqlite' },
    most: { type: 'string', default: '1000000' },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const most = Number(values.most);
const engine = (['sqlite', 'postgres'] as const).find((name) => name === values.engine);
const campaign = {
  kill: () => killCampaign(rounds, seeded(seed), engine!),
  async: () => asyncCampaign(rounds, seeded(seed)),
  faults: () => faultCampaign(most),
}[positionals[0] ?? ''];
const areCounts = [rounds, most].every((count) => Number.isInteger(count) && count >= 1);
if (campaign === undefined || engine === undefined || !areCounts || !Number.isInteger(seed)) {
  console.error('usage: npm run torture -- kill [--rounds N] [--seed N] [--engine sqlite|postgres]');
  console.error('       npm run torture -- async [--rounds N] [--seed N]');
  console.error('       npm run torture -- faults [--most N]');
  process.exit(2);
}
console.log(`seed ${seed}`);
process.exitCode = (await campaign()) ? 0 : 1;

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
