import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogModel, type LogStep } from './model.ts';
import { setUpFolder, setUpTail } from './set-up.ts';

const backlogLines = 100;

const bytes = fc.oneof(
  fc.constantFrom('half', '\n', '\r', '\r\n', 'é').map((text) => Buffer.from(text)),
  fc.constantFrom(0xc3, 0xa9, 0xf0, 0x9d, 0x84, 0x9e, 0xff, 0x0a).map((byte) => Buffer.from([byte])),
);
// The last ones are longer than what is read at once.
const lineCount = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 9 }) },
  fc.constantFrom(800, 3000),
);
const what = fc.oneof(bytes, lineCount);

const step: fc.Arbitrary<LogStep> = fc.oneof(
  { weight: 7, arbitrary: fc.record({ kind: fc.constant('append' as const), what }) },
  fc.record({ kind: fc.constant('appendAside' as const), what }),
  fc.record({ kind: fc.constantFrom('rename' as const, 'delete' as const) }),
  fc.record({ kind: fc.constantFrom('copyAndTruncate' as const, 'regrow' as const) }),
  fc.record({ kind: fc.constant('truncate' as const), keep: fc.double({ min: 0, max: 1, noNaN: true }) }),
);
const steps = fc.array(step, { maxLength: 6 });

describe('FileTail, whatever is done to the file between two looks', () => {
  it('delivers each byte once that is there at a look, and says where a file ends', async (test) => {
    await fc.assert(
      fc.asyncProperty(steps, fc.array(steps, { maxLength: 12 }), async (before, rounds) => {
        const { directory, path } = setUpFolder(test);
        const model = new LogModel(path);
        const { tail, heard } = setUpTail(test, directory, { backlogLines });
        for (const step of before) model.run(step);
        await tail.poll();
        model.look();
        const soFar: unknown[] = tail.recent(backlogLines);
        const skipped = model.heard().length - soFar.length;
        expect(skipped === 0 || soFar.length === backlogLines).toBe(true);
        for (const round of rounds) {
          for (const step of round) model.run(step);
          await tail.poll();
          model.look();
          soFar.push(...heard());
          expect(soFar).toEqual(model.heard().slice(skipped));
          expect(tail.recent(backlogLines)).toEqual(model.current().slice(-backlogLines));
        }
        await tail.stop();
      }),
      { numRuns: 150 },
    );
  });
});
