import { fitTogether, VERSION, versionHeader } from '@missions/contracts/version.ts';

const warned = new Set<string>();

/** Warns, once for each version of a server, that this client was made for another one. */
export function checkServerVersion(headers: Headers): void {
  const server = headers.get(versionHeader);
  if (server === null || fitTogether(server, VERSION) || warned.has(server)) return;
  warned.add(server);
  const [major, minor] = server.split('.');
  console.warn(
    `@missions/client ${VERSION} talks to a Missions server ${server}, which it was not made for: calls may be refused ` +
      `or misread. Install @missions/client@${major === '0' ? `~0.${minor}.0` : `^${major}.0.0`}.`,
  );
}
