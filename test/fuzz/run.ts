import { parseArgs } from 'node:util';
import { readAnswers } from './answers.ts';
import { Dice } from './dice.ts';
import { malformed, sampleImages } from './images.ts';
import { hostile } from './requests.ts';
import { exchange, hangUp, startServer, type Target } from './server.ts';

/**
 * Hostile requests against a real server in a process of its own. The last line is one JSON object; the exit
 * status is 1 when anything in it is not as it must be. A seed repeats a run's requests.
 */
const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000' },
    images: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const requests = Number(values.requests);
const images = Number(values.images);
const seed = Number(values.seed);

const atOnce = 48;
const slowSockets = 50;
const answerMs = 10_000;
const imagePrice = 400;
/** What caches may still gain after the first third: at 10,000 requests, a leak of 300 bytes each is more. */
const mostGrowthMb = 2;

const report = {
  seed,
  requests,
  images,
  seconds: 0,
  statuses: {} as Record<string, number>,
  outcomes: {} as Record<string, number>,
  hungUp: 0,
  cutOff: 0,
  http5xx: 0,
  badBodies: 0,
  unanswered: 0,
  unhandled: 0,
  ownFaults: 0,
  slowSocketsLeft: 0,
  wronglyCharged: 0,
  liveMbEarly: 0,
  liveMbLate: 0,
  rssMb: 0,
};
const problems: string[] = [];

const started = performance.now();
const target = await startServer();
const slow = startSlowSockets(target);
const samples = sampleImages();
const encoded = samples.map((sample) => sample.toString('base64'));
const dice = new Dice(seed);

await inParallel(requests, async (index) => {
  if (index === Math.floor(requests / 3)) report.liveMbEarly = megabytes((await target.memory()).live);
  const request = hostile(dice, target.key, encoded);
  if (request.hangUp) {
    report.hungUp++;
    await hangUp(target.port, request.bytes);
    return;
  }
  const { bytes, isWhole, method } = request;
  const answer = await exchange(target.port, bytes, { isWhole, ms: answerMs });
  if (isWhole || answer?.length) record(answer, bytes, method === 'HEAD');
  else report.cutOff++;
});
const late = await target.memory();
report.liveMbLate = megabytes(late.live);
report.rssMb = megabytes(late.rss);

const before = await balance();
const solvedBefore = report.outcomes.ready ?? 0;
await inParallel(images, async () => {
  const body = malformed(dice, samples).toString('base64');
  const text = JSON.stringify({ clientKey: target.key, task: { type: 'ImageToTextTask', body } });
  const bytes = post('/createTask', text);
  record(await exchange(target.port, bytes, { isWhole: true, ms: 60_000 }), bytes, false);
});
const solved = (report.outcomes.ready ?? 0) - solvedBefore;
report.wronglyCharged = before - (await balance()) - solved * imagePrice;

report.slowSocketsLeft = slowSockets - (await slow);
if (target.exit()) problems.push(`the server ended by itself: ${JSON.stringify(target.exit())}`);
await target.stop();
if (target.exit()?.code !== 0) problems.push(`stopped with ${JSON.stringify(target.exit())}`);
report.unhandled = target.log.filter((line) =>
  /unhandledRejection|uncaughtException|"level":"fatal"/.test(line),
).length;
report.ownFaults = target.log.filter((line) => line.includes('"level":"error"')).length;
report.seconds = Math.round((performance.now() - started) / 100) / 10;

for (const name of [
  'http5xx',
  'badBodies',
  'unanswered',
  'unhandled',
  'ownFaults',
  'slowSocketsLeft',
  'wronglyCharged',
] as const)
  if (report[name] !== 0) problems.push(`${name}: ${report[name]}`);
if (report.liveMbLate - report.liveMbEarly > mostGrowthMb) problems.push('memory is not flat');
for (const problem of problems.slice(0, 30)) console.error(problem);
for (const line of target.log.slice(0, 10)) console.error(line.slice(0, 1_000));
console.log(JSON.stringify({ ...report, ok: problems.length === 0 }));
process.exit(problems.length === 0 ? 0 : 1);

function record(bytes: Buffer | undefined, sent: Buffer, isHead: boolean): void {
  const answers = bytes === undefined ? [] : readAnswers(bytes, isHead);
  if (answers.length === 0) {
    report.unanswered++;
    problems.push(`no answer to ${JSON.stringify(sent.toString('latin1').slice(0, 300))}`);
  }
  for (const { status, outcome, problem } of answers) {
    report.statuses[status] = (report.statuses[status] ?? 0) + 1;
    report.outcomes[outcome] = (report.outcomes[outcome] ?? 0) + 1;
    if (status >= 500) report.http5xx++;
    if (problem === undefined) continue;
    report.badBodies++;
    problems.push(`${problem}\n  to ${JSON.stringify(sent.toString('latin1').slice(0, 300))}`);
  }
}

/** Heads that never end; returns how many of them the server has closed when all is over. */
async function startSlowSockets({ port }: Target): Promise<number> {
  const head = Buffer.from('POST /createTask HTTP/1.1\r\nHost: x\r\nX-Slow: ');
  const { connect } = await import('node:net');
  const closed = Array.from({ length: slowSockets }, () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(head);
    const drip = setInterval(() => socket.write('.'), 1_000);
    return new Promise<number>((resolve) => {
      socket.resume().once('close', () => {
        clearInterval(drip);
        resolve(1);
      });
      setTimeout(() => resolve(0), 20_000).unref();
    });
  });
  return (await Promise.all(closed)).reduce((sum, one) => sum + one, 0);
}

async function inParallel(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count && !target.exit()) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

async function balance(): Promise<number> {
  const question = post('/getBalance', JSON.stringify({ clientKey: target.key }));
  const answer = await exchange(target.port, question, { isWhole: true, ms: answerMs });
  const text = answer?.toString().split('\r\n\r\n')[1] ?? '{}';
  return Math.round((JSON.parse(text).balance as number) * 1_000_000);
}

function post(path: string, body: string): Buffer {
  const length = Buffer.byteLength(body);
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${length}\r\n\r\n${body}`,
  );
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 104_857.6) / 10;
}
