import { expect, test } from 'vitest';
import { errorCodes, errorTable, languages } from '../../src/errors.ts';
import { describeFault, Fault } from '../../src/fault.ts';
import { acceptedLanguage } from '../../src/http/acceptLanguage.ts';
import { expectRefusal, openWorld } from '../world.ts';

test.each([
  [undefined, 'de'],
  ['', 'de'],
  ['*', 'de'],
  ['ru', 'ru'],
  ['ru-RU,ru;q=0.9,en;q=0.8', 'ru'],
  ['fr, zh-Hans-CN;q=0.7, vi;q=0.6', 'zh'],
  ['en;q=0.1, es;q=0.9', 'es'],
  ['PT-br', 'pt'],
  ['vi, en, ru', 'vi'],
  ['ru;q=0, en', 'en'],
  ['ja', 'de'],
  ['en;q=abc, vi;q=0.5', 'vi'],
  [`ru,${'x,'.repeat(5_000)}`, 'de'],
])('%s is answered in %s where the standard is German', (header, language) => {
  expect(acceptedLanguage(header, 'de')).toBe(language);
});

test('descriptions come in the client’s language, with the code unchanged', async () => {
  await using world = await openWorld({ settings: { language: 'zh' } });
  const send = (language?: string) =>
    world.send('/nothing', '{}', language ? { headers: { 'accept-language': language } } : {});
  const detail = 'there is no such method';
  expectRefusal(await send('ru'), 'ERROR_BAD_REQUEST', `Неверный запрос: ${detail}`);
  expectRefusal(await send('de-AT'), 'ERROR_BAD_REQUEST', `Fehlerhafte Anfrage: ${detail}`);
  expectRefusal(await send('ja'), 'ERROR_BAD_REQUEST', `错误请求: ${detail}`);
});

test('every code has a text in every language, and a ban’s names the time left', () => {
  for (const code of errorCodes)
    for (const language of languages) {
      expect(errorTable[code].text[language].length).toBeGreaterThan(3);
      const description = describeFault(new Fault(code, { retryAfterMs: 1_800_000 }), language);
      expect(description).not.toContain('{');
      if (code === 'ERROR_IP_BANNED') expect(description).toContain('30');
    }
});

test('the Russian text of a first ban is the contract’s own, word for word', () => {
  const fault = new Fault('ERROR_IP_BANNED', { retryAfterMs: 600_000 });
  expect(describeFault(fault, 'ru')).toBe('Ваш IP-адрес заблокирован на 10 минут');
});

test.each([
  [1, 'минуту'],
  [2, 'минуты'],
  [5, 'минут'],
  [21, 'минуту'],
])('a ban of %i minutes is told in good Russian', (minutes, word) => {
  const fault = new Fault('ERROR_IP_BANNED', { retryAfterMs: minutes * 60_000 });
  expect(describeFault(fault, 'ru')).toBe(`Ваш IP-адрес заблокирован на ${minutes} ${word}`);
});
