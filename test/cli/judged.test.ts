import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { judgeCommits } from '../../src/cli/checks/books.ts';
import { judgeNode } from '../../src/cli/checks/host.ts';
import { judgeClicks, judgeSecondLooks } from '../../src/cli/checks/models.ts';
import { checkRedaction } from '../../src/cli/checks/server.ts';
import { clicks, example } from '../../src/example.ts';
import { oldestNode } from '../../src/version.ts';

describe('doctor on what it has tried', () => {
  it('advises another Node where this one is older than the oldest that runs Legible', () => {
    const [major = 0, minor = 0] = oldestNode.split('.').map(Number);
    const judged = [`${major}.${minor}.0`, `${major}.${minor + 1}.0`, `${major + 1}.0.0`].map(judgeNode);
    expect(judged.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok']);
    for (const old of [`${major - 1}.99.0`, ...(minor > 0 ? [`${major}.${minor - 1}.9`] : [])])
      expect(judgeNode(old)).toMatchObject({
        name: 'node',
        status: 'fail',
        detail: `${old}: install ${oldestNode} or newer`,
      });
  });

  it('warns of a disk by its slowest commit', () => {
    expect(judgeCommits([1, 49.9, 2])).toMatchObject({ status: 'ok', detail: 'slowest of 3: 49.9 ms' });
    expect(judgeCommits([1, 50, 2])).toMatchObject({ status: 'warn', detail: 'slowest of 3: 50.0 ms' });
  });

  it('takes second looks for good only where they are sure of the right text', () => {
    const isRight = (text: string, confidence: number) => judgeSecondLooks({ text, confidence }).isRight;
    expect(isRight(example.text, 0.51)).toBe(true);
    expect(isRight(example.text, 0.5)).toBe(false);
    expect(isRight('another', 0.99)).toBe(false);
  });

  it('takes clicks for good only where each hits its place, and none is beside', () => {
    const { places } = clicks;
    const all = `${places.length} of ${places.length} places`;
    expect(judgeClicks(places)).toEqual({ isRight: true, answer: all });
    expect(judgeClicks([...places, { x: 0, y: 0 }])).toEqual({ isRight: false, answer: all });
    expect(judgeClicks([]).isRight).toBe(false);
    expect(judgeClicks(places.slice(1)).isRight).toBe(false);
    const [first, ...others] = places;
    expect(judgeClicks([{ x: first!.x + 11, y: first!.y }, ...others]).isRight).toBe(true);
    expect(judgeClicks([{ x: first!.x + 12, y: first!.y }, ...others]).isRight).toBe(false);
  });

  it('fails a log that lets a secret through, by its name or by an error that it hangs on', () => {
    expect(checkRedaction()).toMatchObject({ status: 'ok', detail: 'hides keys and images' });
    const paths = ['clientKey', '*.body', '*.authorization'];
    for (const redact of [[], paths, paths.slice(1)])
      expect(checkRedaction((sink) => pino({ redact }, sink))).toMatchObject({
        status: 'fail',
        detail: expect.stringContaining('lets a key through'),
      });
    expect(checkRedaction(() => pino({ level: 'silent' })).status).toBe('fail');
  });
});
