import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openssl, whyLeftOut } from '../setup/programs.mjs';
import { makeCertificate } from '../support/certificate.ts';
import { freePort } from '../support/free-port.ts';
import { spawnGateway } from '../support/gateway-process.ts';
import { codeWith, pages } from '../support/pages.ts';
import { runShown } from '../support/shell.ts';
import { type TestScope, useIn, waitFor } from '../support/wait.ts';

/** An engine with a certificate that nobody trusts by himself. */
async function startPrivateEngine(test: TestScope) {
  const folder = mkdtempSync(join(tmpdir(), 'authority-'));
  test.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const { authority, certificate, key } = await makeCertificate(folder, 'localhost');
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ACTIVE"}');
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  test.onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `https://localhost:${port}`, authority };
}

describe.skipIf(whyLeftOut(openssl))('An engine with a certificate of its own authority', () => {
  it('is reached once the authority is named, as the page shows', async (test) => {
    const { url, authority } = await startPrivateEngine(test);
    const line = codeWith('NODE_EXTRA_CA_CERTS')
      .trim()
      .replace('/etc/ssl/company-ca.pem', authority)
      .replace('https://engine.internal:8443', url);
    const { output } = await runShown(test, line, {
      env: { PORT: '0', HOST: '127.0.0.1' },
      isEnough: (said) => said.includes('engine connected'),
    });
    expect(output).not.toContain('not trusted');
  });

  it('is not trusted before, and the reason is the one on the page', async (test) => {
    const { url } = await startPrivateEngine(test);
    const gateway = await useIn(test, spawnGateway({ ENGINE_URL: url }));
    const words = 'the certificate of the engine is not trusted (';
    expect(pages.some(({ prose }) => prose.includes(words))).toBe(true);
    await waitFor('the reason', async () =>
      (await (await fetch(`${gateway.url}/readyz`)).text()).includes(words),
    );
  });
});
