import { join } from 'node:path';

/** How one client is used: programs whose `solve(image)` reads an image that is given as base64. */
export interface Client {
  name: string;
  /** How its user leads it here, as docs/clients.md says it, with the addresses of that page. */
  line: string;
  /** What makes its names known. */
  load: string;
  /** Statements before `solve`; `key` and `pauseMs` are there. */
  setUp: string;
  /** The body of `async solve(image)`: the text, or what the client throws. */
  solve: string;
  /** What its user sees of a wrong key, an empty balance, an image that cannot be read. */
  wrongKey: unknown;
  zeroBalance: unknown;
  unsolvable: unknown;
  /** Whether it waits `pauseMs` after createTask; else its answer is in that. */
  waits: boolean;
  /** Where its packages are, if not with ours. */
  modules?: string;
}

const capsolverRefusals = {
  wrongKey: { code: 'ERROR_KEY_DENIED_ACCESS' },
  zeroBalance: { code: 'ERROR_ZERO_BALANCE' },
  unsolvable: { code: 'ERROR_CAPTCHA_UNSOLVABLE' },
};

const byName = {
  wrongKey: 'ERROR_KEY_DOES_NOT_EXIST',
  zeroBalance: 'ERROR_ZERO_BALANCE',
  unsolvable: 'ERROR_CAPTCHA_UNSOLVABLE',
};

/** For clients whose addresses are fixed. */
const redirected = 'LEGIBLE_URL=http://127.0.0.1:7878 node --require ./redirect.cjs program.js';
const legibleSolver =
  "class Legible extends Solver { get in() { return 'http://127.0.0.1:7878/in.php'; } get res() { return 'http://127.0.0.1:7878/res.php'; } }";
const capmonsterOptions = "new ClientOptions({ clientKey: key, serviceUrl: 'http://127.0.0.1:7881' })";
const setBaseUrl = "client.api.setBaseURL('http://127.0.0.1:7880');";

const twocaptcha = (name: string): Client => ({
  name,
  line: legibleSolver,
  load: `const { Solver } = require('${name}');`,
  setUp: `
    ${legibleSolver}
    const solver = new Legible(key, pauseMs);`,
  solve: 'return (await solver.imageCaptcha({ body: image })).data;',
  wrongKey: { name: 'APIError', code: 3 },
  zeroBalance: { name: 'APIError', code: 9 },
  unsolvable: { name: 'APIError', code: 1 },
  waits: true,
});

/** `built` is the folder of capsolver-npm 2.1.11, which is published without its build. */
export const npmClients = (built: string): Client[] => [
  {
    name: 'capsolver 1.0.1',
    line: redirected,
    load: `import { Solver } from 'capsolver';`,
    setUp: 'const solver = new Solver(key);',
    solve: 'return (await solver.imageToText(image)).data;',
    // Its errors have no code: it keeps the description alone.
    wrongKey: { name: 'APIError', message: 'Wrong account key' },
    zeroBalance: { name: 'APIError', message: 'Insufficient account balance' },
    unsolvable: { name: 'APIError', message: 'Captcha not recognized' },
    waits: false,
  },
  {
    name: 'capsolver-npm 2.0.2',
    line: redirected,
    load: `const Solver = require('capsolver-npm-2.0.2');`,
    setUp: 'const solver = new Solver(key);',
    solve: 'return (await solver.image2text({ body: image })).text;',
    ...capsolverRefusals,
    waits: false,
  },
  {
    name: 'capsolver-npm 2.1.11',
    line: redirected,
    load: `const { Solver } = require(${JSON.stringify(built)});`,
    setUp: 'const solver = new Solver({ apiKey: key });',
    solve: 'return (await solver.image2text({ body: image })).text;',
    ...capsolverRefusals,
    waits: false,
    modules: join(import.meta.dirname, '../../node_modules'),
  },
  {
    name: '@zennolab_com/capmonstercloud-client 2.6.1',
    line: capmonsterOptions,
    load: `const { CapMonsterCloudClientFactory, ClientOptions, ImageToTextRequest } =
      require('@zennolab_com/capmonstercloud-client');`,
    setUp: `
      const client = CapMonsterCloudClientFactory.Create(${capmonsterOptions});
      const patience = { firstRequestDelay: pauseMs, firstRequestNoCacheDelay: 0, requestsInterval: 200, timeout: 30000 };`,
    solve: `
      const { solution, error } = await client.Solve(new ImageToTextRequest({ body: image }), patience);
      if (error) throw error;
      return solution.text;`,
    wrongKey: 'KEY_DOES_NOT_EXIST',
    zeroBalance: 'ZERO_BALANCE',
    unsolvable: 'CAPTCHA_UNSOLVABLE',
    waits: true,
  },
  {
    name: '@antiadmin/anticaptchaofficial 1.0.56',
    line: redirected,
    load: `const client = require('@antiadmin/anticaptchaofficial');`,
    setUp: `
      client.setAPIKey(key);
      client.shutUp();
      client.settings.firstAttemptWaitingInterval = pauseMs / 1000;`,
    solve: 'return client.solveImage(image);',
    ...byName,
    waits: true,
  },
  {
    name: 'anticaptcha 2.2.0',
    line: setBaseUrl,
    load: `const { AntiCaptcha } = require('anticaptcha');`,
    setUp: `
      const client = new AntiCaptcha(key);
      ${setBaseUrl}`,
    solve: `
      const id = await client.createTask({ type: 'ImageToTextTask', body: image });
      return (await client.getTaskResult(id, 3, pauseMs)).solution.text;`,
    wrongKey: { code: byName.wrongKey },
    zeroBalance: { code: byName.zeroBalance },
    unsolvable: { code: byName.unsolvable },
    waits: true,
  },
  { ...twocaptcha('2captcha-ts'), name: '2captcha-ts 2.4.1' },
  { ...twocaptcha('@2captcha/captcha-solver'), name: '@2captcha/captcha-solver 1.3.9' },
];

/** The addresses of docs/clients.md, for those of a server under test. */
export function withAddresses(
  program: string,
  url: string,
  ports: Record<'anticaptcha' | 'capmonster', number>,
): string {
  return program
    .replaceAll('http://127.0.0.1:7878', url)
    .replaceAll('127.0.0.1:7880', `127.0.0.1:${ports.anticaptcha}`)
    .replaceAll('127.0.0.1:7881', `127.0.0.1:${ports.capmonster}`);
}
