import { expect, it } from 'vitest';
import { lineWriter } from '../../src/lineWriter.ts';

/** A writer to a descriptor of this test's own, which takes what `answers` say, one write after the other. */
function writer({ mostBytes = 1_000 } = {}) {
  const written: string[] = [];
  const answers: (string | number)[] = [];
  const pending: (() => void)[] = [];
  const timers: { ms: number; isHeld: boolean; work: () => void }[] = [];
  const { write } = lineWriter(2, {
    mostBytes,
    lostLine: (count) => `${count} lost\n`,
    write(_fd, bytes, done) {
      pending.push(() => {
        const answer = answers.shift() ?? bytes.length;
        if (typeof answer === 'string') return done(Object.assign(new Error(answer), { code: answer }), 0);
        written.push(bytes.toString('latin1', 0, answer));
        done(null, answer);
      });
    },
    later(work, ms) {
      const timer = { ms, isHeld: true, work };
      timers.push(timer);
      return { unref: () => Object.assign(timer, { isHeld: false }) as unknown as NodeJS.Timeout };
    },
  });
  /** Lets the descriptor answer all that is asked of it until it is to be tried again later. */
  function answer(...next: (string | number)[]): string {
    answers.push(...next);
    for (let one = pending.shift(); one; one = pending.shift()) one();
    return written.join('');
  }
  return { write, answer, timers };
}

it('what is said while a line is written is written next, in order', () => {
  const { write, answer } = writer();
  for (const line of ['one\n', 'two\n', 'three\n']) write(line);
  expect(answer(2)).toBe('one\ntwo\nthree\n');
});

it('of a pipe that is full nothing is lost, and its reader has a moment at the end of the process', () => {
  const { write, answer, timers } = writer();
  write('one\n');
  expect(answer('EAGAIN')).toBe('');
  write('two\n');
  expect(timers).toMatchObject([{ ms: 100, isHeld: true }]);
  timers[0]!.work();
  expect(answer()).toBe('one\ntwo\n');
});

it('a disk that is full holds nobody, and once it has room the log goes on where it was', () => {
  const { write, answer, timers } = writer();
  write('one\n');
  expect(answer(2, 'ENOSPC')).toBe('on');
  expect(timers).toMatchObject([{ isHeld: false }]);
  write('two\n');
  timers[0]!.work();
  expect(answer()).toBe('one\ntwo\n');
});

it('what is more than may be kept is lost, and how much that was is told', () => {
  const { write, answer, timers } = writer({ mostBytes: 8 });
  write('one\n');
  answer('ENOSPC');
  for (const line of ['two\n', 'three\n', 'four\n']) write(line);
  timers[0]!.work();
  expect(answer()).toBe('one\ntwo\n2 lost\n');
  write('five\n');
  expect(answer()).toMatch(/lost\nfive\n$/);
});
