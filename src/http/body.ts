/** The body of a request, as far as it has at most `maxBytes`. Undefined: it has none. */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Buffer | 'too_large' | undefined> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) return 'too_large';
  if (request.body === null) return undefined;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    bytes += chunk.length;
    if (bytes > maxBytes) return 'too_large';
    chunks.push(chunk);
  }
  return bytes === 0 ? undefined : Buffer.concat(chunks, bytes);
}
