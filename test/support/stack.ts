import { after } from 'mocha';
import { startServers, type TestServers } from './test-servers.ts';

export { startServers, type TestServers } from './test-servers.ts';

let shared: Promise<TestServers> | undefined;

/**
 * The servers that the specs of one mocha process share, started by whoever asks first (about a second).
 * A spec that crashes or fills a server starts its own with `startServers()`.
 */
export function servers(): Promise<TestServers> {
  shared ??= startServers();
  return shared;
}

/** Stops the shared servers when there are any. */
export async function stopSharedServers(): Promise<void> {
  const stopping = shared;
  shared = undefined;
  await (await stopping)?.stop();
}

// Imported at the top level of a spec file, this is a hook of mocha's root suite: it runs after the last test of all.
// Outside mocha (a benchmark, a script) there is no suite, and who called servers() calls stopSharedServers().
if ('describe' in globalThis) after(stopSharedServers);
