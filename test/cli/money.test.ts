import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatUsd, parseUsd } from '../../src/cli/money.ts';

describe('amounts of US dollars', () => {
  it('are read exactly, digit by digit', () => {
    expect(parseUsd('0.1')).toBe(100_000);
    expect(parseUsd('0.000001')).toBe(1);
    expect(parseUsd('-3.50')).toBe(-3_500_000);
    expect(parseUsd('10')).toBe(10_000_000);
    expect(parseUsd('1000000000')).toBe(1_000_000_000_000_000);
  });

  it.each([
    '',
    '0',
    '0.000000',
    '1e3',
    '1e300',
    '.5',
    '5.',
    '+1',
    ' 1',
    '1,5',
    '0.0000001',
    'NaN',
    '--1',
    '1000000000.000001',
    '0x10',
    '٣',
  ])('refuse %j', (text) => expect(parseUsd(text)).toBeUndefined());

  it('come back from what was shown, whatever the amount', () => {
    const amounts = fc.integer({ min: -1_000_000_000_000_000, max: 1_000_000_000_000_000 });
    fc.assert(
      fc.property(
        amounts.filter((amount) => amount !== 0),
        (amount) => parseUsd(formatUsd(amount).replace('$', '')) === amount,
      ),
    );
  });

  it('are shown with at least two decimals', () => {
    expect([10_000_000, 400, -3_500_000, 0].map(formatUsd)).toEqual(['$10.00', '$0.0004', '-$3.50', '$0.00']);
  });
});
