import type { IncomingHttpHeaders } from 'node:http';

/**
 * The headers that a caller's credential may stand in, and one text that tells credentials apart. The cookies count as a
 * whole: which one is the session's, only `userAuthenticator` knows, and whoever sends others as well is no other caller.
 */
export function shownCredential({ authorization, cookie }: IncomingHttpHeaders): {
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
} {
  if (authorization !== undefined) return { headers: { authorization }, text: `authorization ${authorization}` };
  return cookie === undefined ? { headers: {}, text: '' } : { headers: { cookie }, text: `cookie ${cookie}` };
}
