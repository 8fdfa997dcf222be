import { installPackages, whyNotInstallable } from './debian.mjs';
import { findProgram, isSkipped } from './programs.mjs';

/**
 * Finds the program, or installs it. Where neither is possible, sets the variable that makes the tests
 * which need it skip, and says so. Returns whether the program is there or was left out on purpose.
 */
export async function ensureProgram(program) {
  const { title, skipVariable } = program;
  if (isSkipped(program)) {
    console.log(`${title}: tests that need it are left out, as ${skipVariable} asks`);
    return true;
  }
  const found = findProgram(program);
  if (found !== undefined) {
    console.log(`${title}: ${found}`);
    return true;
  }
  const reason = wrongPath(program) ?? whyNotInstallable() ?? (await install(program));
  if (reason === undefined && findProgram(program) !== undefined) return true;
  process.env[skipVariable] = '1';
  console.error(`${title}: not found; ${reason ?? 'the packages do not hold it'}`);
  console.error(
    `${title}: tests that need it are left out (${skipVariable}=1). To run them: ${program.install}`,
  );
  return false;
}

function wrongPath({ pathVariable }) {
  if (pathVariable === undefined || !process.env[pathVariable]) return undefined;
  return `${pathVariable} is ${process.env[pathVariable]}, which is no program`;
}

function install({ title, debianPackages, service }) {
  console.log(`${title}: installing from Debian: ${debianPackages.join(', ')}`);
  return installPackages(debianPackages, service);
}
