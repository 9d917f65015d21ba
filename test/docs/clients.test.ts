import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorCodes } from '../../src/errors.ts';
import { Fault } from '../../src/fault.ts';
import { anticaptcha } from '../../src/http/dialects/anticaptcha.ts';
import { capmonster } from '../../src/http/dialects/capmonster.ts';
import { twocaptcha } from '../../src/http/dialects/twocaptcha.ts';
import { twocaptchaV1 } from '../../src/http/dialects/twocaptchaV1.ts';
import { npmClients } from '../clients/npmClients.ts';
import { pythonClients } from '../clients/pythonClients.ts';

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8');

const clients = [...npmClients('built'), ...pythonClients];

test.each(clients)('$name stands in the list with the line that is tried', ({ name, line }) => {
  const [packageName, version] = name.split(' ');
  const rows = page('clients').split('\n');
  expect(
    rows.filter((row) => row.includes(`\`${packageName}\` ${version}`) && row.includes(`\`${line}\``)),
  ).toHaveLength(1);
});

test.each([anticaptcha, capmonster, twocaptcha])('the page of $name has its codes', (dialect) => {
  for (const code of errorCodes) {
    const said = { path: '/createTask', url: '' };
    const { errorCode, errorId } = JSON.parse(dialect.refusal(new Fault(code), 'en', said).body);
    expect(page(dialect.name)).toContain(`| \`${code}\` | \`${errorCode}\` | ${errorId} |`);
  }
});

test('the page of 2captcha has the codes of its first API', () => {
  for (const code of errorCodes) {
    const { body } = twocaptchaV1.refusal(new Fault(code), 'en', { path: '/in.php', url: '' });
    expect(page('2captcha')).toContain(`| \`${code}\` | \`${body}\` |`);
  }
});

test('each method of a dialect stands on its page', () => {
  for (const { name, methods, unserved = [] } of [anticaptcha, capmonster, twocaptcha, twocaptchaV1])
    for (const path of [...Object.keys(methods), ...unserved])
      expect(page(name.replace('-v1', ''))).toContain(`\`${path.slice(1)}`);
});
