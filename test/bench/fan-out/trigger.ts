/** Bytes that make a server broadcast once, and the port they are written to. */
export interface Trigger {
  readonly port: number;
  readonly bytes: string;
}

const counter = 'bench:event';
/** Figures besides the price: with them a good part of a packet moves, as in a telemetry document. */
const figures = 24;
/**
 * The same for every server, made anew each time: every `@` becomes a number of five digits, so that all packets
 * are of one size and no two alike.
 */
const script = `
  local dice = redis.call('INCR', KEYS[1])
  local event = string.gsub(ARGV[2], '@', function()
    dice = (dice * 1103515245 + 12345) % 2147483648
    return 10000 + math.floor(dice / 65536) % 90000
  end)
  return redis.call('PUBLISH', ARGV[1], event)`;

/** Has Redis publish an event on a channel: new figures, and notes of a given size beside them. */
export function redisTrigger(port: number, channel: string, notesBytes: number): Trigger {
  const moving = Array.from({ length: figures }, (_, index) => `"f${index}":@`).join();
  const event = `{"market":{"price":@},"figures":{${moving}},"notes":"${notes(notesBytes)}"}`;
  return { port, bytes: command('EVAL', script, '1', counter, channel, event) };
}

/** So many bytes of text, which a compressor finds neither empty nor random. */
export function notes(bytes: number): string {
  let text = '';
  for (let line = 0; text.length < bytes; line += 1) text += `fill ${(line * 7919) % 997} at ${line} bp; `;
  return text.slice(0, bytes);
}

/** A command as the Redis protocol frames it. */
function command(...words: readonly string[]): string {
  const framed = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${words.length}\r\n${framed.join('')}`;
}
