/**
 * Takes the chunks of a text/event-stream and gives the data of each event (WHATWG HTML §9.2.6). Names, ids and
 * `retry` are left out: the packets say all that is needed. A byte order mark is the decoder's affair.
 */
export function createEventStreamParser(onData: (data: string) => void): (chunk: string) => void {
  let unread = '';
  let data: string[] = [];

  const takeLine = (line: string): void => {
    if (line === '') {
      if (data.length > 0) onData(data.join('\n'));
      data = [];
    } else if (/^data(:|$)/.test(line)) {
      data.push(line.replace(/^data:? ?/, ''));
    }
  };

  return (chunk) => {
    // A \r at the end may be the first half of a line end.
    const lines = (unread + chunk).split(/\r\n|\n|\r(?!$)/);
    unread = lines.pop() ?? '';
    for (const line of lines) takeLine(line);
  };
}
