import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { installedPackages } from '@missions/test-support/installed-packages.ts';

/**
 * What a user would take in the product's place. No dependency of the project: whoever measures against them gets them
 * from the registry, in these versions, into a cache.
 */
export const peers = {
  dbos: { name: 'DBOS 5.3', packages: { '@dbos-inc/dbos-sdk': '5.3.0' } },
  restate: {
    name: 'Restate 1.7',
    packages: {
      '@restatedev/restate-sdk': '1.17.2',
      '@restatedev/restate-sdk-clients': '1.17.2',
      '@restatedev/restate-server': '1.7.12',
    },
  },
} as const;
export type Peer = keyof typeof peers;

/** The folder in which npm has installed a peer. @throws Error without npm or the registry. */
export const installed = (peer: Peer): Promise<string> => installedPackages(peer, peers[peer].packages);

/** The server's program is a package of its own for each platform. */
export function restateServerIn(folder: string): string {
  const platform = `${process.platform}-${process.arch}`;
  const binary = join(folder, `node_modules/@restatedev/restate-server-${platform}/bin/restate-server`);
  if (!existsSync(binary)) throw new Error(`Restate has no server for ${platform}: ${binary} is missing`);
  return binary;
}
