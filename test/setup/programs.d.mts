/** Types of programs.mjs, for the tests that use it. */
export interface Program {
  readonly title: string;
  readonly install: string;
}

export const redis: Program;
export const chromium: Program;
export const nginx: Program;
export const haproxy: Program;
export const caddy: Program;
export const openssl: Program;
export const python: Program;
export const pythonSocketIo: Program;

export function findProgram(program: Program): string | undefined;
export function whyLeftOut(program: Program): string | false;
