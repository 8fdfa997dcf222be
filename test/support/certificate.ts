import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram, openssl } from '../setup/programs.mjs';

/** Paths of PEM files. */
export interface Certificate {
  /** The certificate of an authority that nobody knows yet. */
  readonly authority: string;
  /** Certificate and key in one file, as HAProxy wants them. */
  readonly certificate: string;
  readonly key: string;
}

const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';

/** Has OpenSSL make an authority of its own in this folder, and a certificate by it for these names. */
export async function makeCertificate(folder: string, ...names: readonly string[]): Promise<Certificate> {
  const command = findProgram(openssl);
  if (command === undefined) throw new Error(`${openssl.title} was not found (${openssl.install})`);
  const run = (line: string) => promisify(execFile)(command, line.split(' '), { cwd: folder });
  const authority = join(folder, 'ca.pem');
  const certificate = join(folder, 'site.pem');
  const key = join(folder, 'site.key');
  writeFileSync(join(folder, 'names'), `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`);
  await run(`req -x509 ${newKey} -days 2 -subj /CN=Tests -keyout ca.key -out ca.pem`);
  await run(`req ${newKey} -subj /CN=Site -keyout site.key -out site.csr`);
  await run(
    `x509 -req -in site.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out site.pem`,
  );
  writeFileSync(certificate, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'));
  return { authority, certificate, key };
}
