import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { run } from './run.mjs';

const aptGet = '/usr/bin/apt-get';
const servicePolicy = '/usr/sbin/policy-rc.d';
const patience = [
  '-o',
  'DPkg::Lock::Timeout=120',
  '-o',
  'Acquire::Retries=2',
  '-o',
  'Acquire::http::Timeout=30',
];
const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

/** Why packages cannot be installed on this machine, or undefined where they can. */
export function whyNotInstallable() {
  if (!existsSync(aptGet)) return 'there is no apt-get to install it with';
  if (process.getuid?.() !== 0) return 'only root can install it';
  return undefined;
}

/**
 * Installs Debian packages. The service that they bring is not started, now or at the next boot: the tests run
 * programs of their own. Returns why it failed, or undefined.
 */
export async function installPackages(names, service) {
  update ??= updateLists();
  const { output } = await update;
  const release = forbidServiceStarts();
  try {
    const install = await apt('install', '-y', '--no-install-recommends', ...names);
    if (!install.ok) {
      return (
        [...complaints(output), ...complaints(install.output)].join('\n') || `apt-get: ${install.reason}`
      );
    }
    if (service !== undefined) await disable(service);
    return undefined;
  } finally {
    release();
  }
}

/** One update of the lists serves all packages. */
let update;

/** Tried twice: mirrors fail now and then. A list that stays out of reach need not be the one that matters. */
async function updateLists() {
  const fetchLists = () => apt('update', '-o', 'APT::Update::Error-Mode=any');
  const first = await fetchLists();
  return first.ok ? first : fetchLists();
}

/** For systemd and, where there is none, for System V's init. One of them may not know the service. */
async function disable(service) {
  await run('systemctl', ['--quiet', 'disable', service], { env, quiet: true });
  await run('update-rc.d', [service, 'disable'], { env, quiet: true });
}

function apt(...args) {
  return run(aptGet, ['-q', ...patience, ...args], { env, quiet: true });
}

function complaints(output) {
  return output.split('\n').filter((line) => line.startsWith('E: '));
}

/**
 * Debian asks policy-rc.d whether a newly installed service may start; 101 says no.
 * Returns what takes the file away again, which an interrupted installation does too.
 */
function forbidServiceStarts() {
  try {
    writeFileSync(servicePolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755, flag: 'wx' });
  } catch {
    return () => {}; // This machine has a policy of its own.
  }
  const remove = () => rmSync(servicePolicy, { force: true });
  const interrupted = () => {
    remove();
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, interrupted);
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, interrupted);
    remove();
  };
}
