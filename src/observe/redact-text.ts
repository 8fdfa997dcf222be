/** What may follow a word that announces a secret, up to where it ends. */
const announced =
  /\b(token|secret|password|authorization|cookie)(["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi;
const scheme = /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi;
const jsonWebToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;
const userInfo = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*@/gi;
const query = /\b([a-z][a-z0-9+.-]*:\/\/[^\s?#]*)\?[^\s]*/gi;

/** A text for other eyes than those of the log's readers: secrets, and the queries of URLs, are taken out. */
export function redactText(text: string): string {
  return text
    .replace(query, '$1')
    .replace(userInfo, '$1[redacted]@')
    .replace(scheme, '$1 [redacted]')
    .replace(jsonWebToken, '[redacted]')
    .replace(announced, '$1$2[redacted]');
}
