import { afterLastFile } from './spec-run.ts';
import { startServers, type TestServers } from './test-servers.ts';

export { startServers, type TestServers } from './test-servers.ts';

let shared: Promise<TestServers> | undefined;

/**
 * The servers that the specs of one process share, started by the first caller (about a second) and stopped after the
 * last spec file. A spec that crashes or fills a server starts its own with `startServers()`. Outside a spec run (a
 * benchmark, a script) the caller of `servers()` calls `stopSharedServers()`.
 */
export function servers(): Promise<TestServers> {
  if (!shared) {
    shared = startServers();
    afterLastFile(stopSharedServers);
  }
  return shared;
}

/** Stops the shared servers when there are any. */
export async function stopSharedServers(): Promise<void> {
  const stopping = shared;
  shared = undefined;
  await (await stopping)?.stop();
}
