import type { AgentFacts } from './agent.ts';

export interface StartupFacts {
  address: string;
  /** Undefined when the operator chose it: then it is theirs to show. */
  madeSecret: string | undefined;
  secretsFile: string;
  mail: {
    /** SMTP_URL, which may have a password in it; undefined: what is sent lands in `outbox`. */
    server: string | undefined;
    outbox: string;
    /** Where replies are taken. */
    inbound: string;
  };
  logsFolder: string;
  agent: AgentFacts;
  seconds: number;
}

/** What to do first, to be read and pasted. The README shows the same call. */
export function startupSummary({
  address,
  madeSecret,
  secretsFile,
  mail,
  logsFolder,
  agent,
  seconds,
}: StartupFacts): string {
  const secret = madeSecret ?? '$HUB_SERVICE_SECRET';
  return `
Missions is ready after ${seconds.toFixed(1)} s.

  Address  ${address}
  Secret   ${madeSecret === undefined ? 'the one in HUB_SERVICE_SECRET' : `${madeSecret}  (kept in ${secretsFile})`}
  Mail     ${mail.server === undefined ? `messages land as .eml files in ${mail.outbox}: SMTP_URL names a server that sends them` : `goes out by ${URL.parse(mail.server)?.host ?? 'SMTP_URL'}`}
           replies are taken at ${mail.inbound}
  Logs     ${logsFolder}
  Agent    ${'address' in agent ? `${agent.address}  (${agent.model ?? 'built-in rules, NO LANGUAGE MODEL: MODEL_API_KEY and MODEL_NAME give it one'})` : `does not run: ${agent.failed}`}

Open a mission (paste this into another terminal):

curl -sS ${address}/api/internal/missions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"user_id":"ada","conversation_id":"conv-A","title":"Move the office to Lisbon"}'
${'address' in agent ? talk(agent.address, secret) : ''}
Ctrl-C ends everything.
`;
}

/** `curl -d` alone: the agent takes JSON in a form's name. */
const talk = (address: string, secret: string): string => `
Talk to the reference agent, in another conversation:

curl -sS ${address}/v1/chat \\
  -H "Authorization: Bearer ${secret}" \\
  -d '{"user_id":"ada","conversation_id":"conv-B","message":"What are my current tasks?"}'
`;
