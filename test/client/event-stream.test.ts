import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventStreamParser } from '../../src/client/event-stream.ts';

/** What comes out of these chunks. */
function parse(...chunks: string[]): string[] {
  const events: string[] = [];
  const take = createEventStreamParser((data) => events.push(data));
  for (const chunk of chunks) take(chunk);
  return events;
}

describe('The parser of event streams', () => {
  it('gives the data of each event, and nothing for comments, ids and names alone', () => {
    const text = 'retry: 2000\n\n: hello\n\nid: e-1\ndata: {"a":1}\n\nevent: x\nid: e-2\n\ndata:two\n\n';
    expect(parse(text)).toEqual(['{"a":1}', 'two']);
  });

  it('joins the lines of one event, and takes one space off each', () => {
    expect(parse('data: a\ndata\ndata:  b\n\n')).toEqual(['a\n\n b']);
  });

  it('keeps an event that is not complete to itself', () => {
    expect(parse('data: a\n\ndata: b\n')).toEqual(['a']);
  });

  it('gives the name of an event, and `message` where it has none', () => {
    const names: string[] = [];
    const take = createEventStreamParser((_, name) => names.push(name));
    take('event: error_info\ndata: 1\n\ndata: 2\n\nevent:\ndata: 3\n\nevent: left\n\nevent\ndata: 4\n\n');
    expect(names).toEqual(['error_info', 'message', 'message', 'message']);
  });

  it('does not take a field for data because its name begins so', () => {
    expect(parse('database: a\n\n')).toEqual([]);
  });

  it('gives the same however the stream is cut into chunks, with each kind of line end', () => {
    const line = fc.constantFrom('data: {"a":"é𝄞"}', 'data:', 'data', ': keepalive', 'id: e-1', '', '', 'x');
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.array(fc.nat(200), { maxLength: 20 }),
        (lines, lineEnd, cuts) => {
          const text = [...lines, '', ''].join(lineEnd);
          const places = [0, ...cuts.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
          const chunks = places.slice(1).map((end, index) => text.slice(places[index], end));
          // The last \r could be half of a line end until something follows it.
          expect(parse(...chunks, 'x')).toEqual(parse([...lines, '', ''].join('\n')));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
