/**
 * What spec files share within one spec process. The runner hands a process one file after another, each with a mocha
 * of its own, so mocha's root hooks would belong to one file only: shared servers register here, and the process
 * calls `closeAll` once, after its last file.
 */
type Close = () => Promise<void>;

const closers: Close[] = [];
const failureLogs: (() => Promise<string>)[] = [];

/** Registers a function that runs once, after the last file of this process. Those registered last are closed first. */
export function afterLastFile(close: Close): void {
  closers.push(close);
}

/** Registers a log whose text is printed after every failed test of this process. */
export function printAfterFailure(log: () => Promise<string>): void {
  failureLogs.push(log);
}

/** Called by the runner. @throws the first error of a closer, after all of them have run. */
export async function closeAll(): Promise<void> {
  const errors: unknown[] = [];
  for (const close of closers.splice(0).toReversed()) await close().catch((error: unknown) => errors.push(error));
  if (errors.length > 0) throw errors[0];
}

/** Called by the runner after a failed test. */
export async function failureOutput(): Promise<string> {
  return (await Promise.all(failureLogs.map((log) => log()))).join('\n');
}
