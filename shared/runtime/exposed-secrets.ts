/** What anybody on the network may try; loopback is for this machine alone. */
const MIN_LENGTH = 32;

/** A secret of fewer different characters is a key held down. A random one of 32 hexadecimal digits has more than 8. */
const MIN_DIFFERENT = 6;

/** No word is made of others of these, so that a text can be read in one way only. */
const words =
  'change it me my your our the a to this is not very super top some secure strong random secret ' +
  'password passwd pass phrase key token default example sample test testing dev development local demo ' +
  'admin root user service hub missions placeholder please replace insert here qwerty letmein abc xyz x ' +
  '0 1234567890 123456789 12345678 123456 12345 1234 123';
const wellKnown = new RegExp(`^(?:${words.replaceAll(' ', '|')})+$`);

const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)$/i.test(host);

/**
 * The problems of secrets that protect a server which others than this machine can reach: a short one, or one that
 * stands in every list of passwords. On loopback any secret will do, so that nobody has to make one up for a trial.
 * @param host the server's, or those of all of them.
 * @param secrets by variable, several for a list of keys; an undefined one is not set.
 * @param where the variable that says which server they protect.
 */
export function exposedSecrets(
  host: string | readonly string[] | undefined,
  secrets: Readonly<Record<string, string | readonly string[] | undefined>>,
  where = 'HOST',
): string[] {
  if (host === undefined || [host].flat().every(isLoopback)) return [];
  return Object.entries(secrets).flatMap(([variable, secret]) => {
    const all = secret === undefined ? [] : typeof secret === 'string' ? [secret] : secret;
    const fault = all.map(faultOf).find((one) => one !== undefined);
    return fault === undefined ? [] : [`${variable} ${fault}, because ${where} is not loopback: openssl rand -hex 24`];
  });
}

function faultOf(secret: string): string | undefined {
  if (secret.length < MIN_LENGTH) return `must have at least ${MIN_LENGTH} characters`;
  const plain = secret.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  return wellKnown.test(plain) || new Set(secret).size < MIN_DIFFERENT
    ? 'must be random, not a well-known text'
    : undefined;
}
