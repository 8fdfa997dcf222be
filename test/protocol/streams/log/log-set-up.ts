import type { JsonObject } from '../../../../src/core/json.ts';
import { Views } from '../../../../src/deliver/views.ts';
import { type Ansi, LogViews } from '../../../../src/protocol/streams/log/log-views.ts';
import { useLogFolder } from '../../../support/stream-files.ts';
import { type TestScope, waitFor } from '../../../support/wait.ts';
import { instance, setUpStreams } from '../set-up.ts';

/** A log folder, an engine that knows `a` and `b`, and time that stands still unless the test waits. */
export async function setUpLogs(test: TestScope, maxLogs = 10) {
  const folder = useLogFolder(test);
  const subject = setUpStreams(test);
  const { clock, log, meter, feeds } = subject;
  const views = new Views({ hub: subject.hub, clock, maxViews: maxLogs });
  const logs = new LogViews({ directory: folder.directory, feeds, clock, log, meter }, views);
  test.onTestFinished(() => subject.endAll());
  subject.connectInstances();
  await subject.answer([instance('a'), instance('b')]);
  const watch = async (name = 'a', backlog = 100, ansi: Ansi = 'keep') => {
    const client = subject.connectLog({ name, backlog, ansi, holder: undefined }, logs);
    await waitFor('the first frame', () => client.frames().length > 0);
    return client;
  };
  /** Lets time go by until the client was sent something that fits. */
  const until = (client: { frames(): JsonObject[] }, fits: (frames: JsonObject[]) => boolean) =>
    waitFor(
      'frames',
      () => {
        subject.clock.advance(100);
        return fits(client.frames());
      },
      { state: () => client.frames() },
    );
  return { ...subject, folder, logs, watch, until };
}

/** All lines that a client was sent after the first frame, and how many it was told that it was not. */
export function received(frames: readonly JsonObject[]) {
  const lines: string[] = [];
  let skipped = 0;
  for (const frame of frames.slice(1)) {
    if (frame.type === 'lines') for (const line of Object(frame.lines)) lines.push(line);
    if (frame.type === 'skipped') skipped += Number(frame.count);
  }
  return { lines, skipped };
}

/** So many lines, as they stand in a file. */
export const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => `line ${from + index}\n`).join('');
