export interface BannerFacts {
  address: string;
  /** Undefined when the operator chose it: then it is theirs to show. */
  madeSecret: string | undefined;
  secretsFile: string;
  logsFolder: string;
  seconds: number;
}

/** What to do first, to be read and pasted. The README shows the same call. */
export function banner({ address, madeSecret, secretsFile, logsFolder, seconds }: BannerFacts): string {
  const secret = madeSecret ?? '$HUB_SERVICE_SECRET';
  return `
Missions is ready after ${seconds.toFixed(1)} s.

  Address  ${address}
  Secret   ${madeSecret === undefined ? 'the one in HUB_SERVICE_SECRET' : `${madeSecret}  (kept in ${secretsFile})`}
  Logs     ${logsFolder}

Open a mission (paste this into another terminal):

curl -sS ${address}/api/internal/missions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"user_id":"ada","conversation_id":"conv-A","title":"Move the office to Lisbon"}'

Ctrl-C ends everything.
`;
}
