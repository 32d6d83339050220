import type { AgentFacts } from './agent.ts';
import type { SignInLink } from './sign-in-link.ts';

export interface StartupFacts {
  address: string;
  /** Undefined if the operator chose the secret; it is not printed then. */
  createdSecret: string | undefined;
  secretsFile: string;
  /** Where the default user signs in. Undefined: at the operator's identity provider. */
  signIn: SignInLink | undefined;
  mail: {
    /** SMTP_URL, which may contain a password. Undefined: messages are stored in `outbox`. */
    server: string | undefined;
    outbox: string;
    /** Address of the server that accepts replies. */
    inbound: string;
  };
  logsFolder: string;
  agent: AgentFacts;
  seconds: number;
}

/** Addresses, and calls to paste into a terminal. The README shows the same first call. */
export function startupSummary({
  address,
  createdSecret,
  secretsFile,
  signIn,
  mail,
  logsFolder,
  agent,
  seconds,
}: StartupFacts): string {
  const secret = createdSecret ?? '$HUB_SERVICE_SECRET';
  const secretLine =
    createdSecret === undefined ? 'the one in HUB_SERVICE_SECRET' : `${createdSecret}  (kept in ${secretsFile})`;
  const mailLine =
    mail.server === undefined
      ? `messages land as .eml files in ${mail.outbox}: SMTP_URL names a server that sends them`
      : `goes out by ${URL.parse(mail.server)?.host ?? 'SMTP_URL'}`;
  return `
Missions is ready after ${seconds.toFixed(1)} s.

  Address  ${address}
${signInLine(signIn)}  API      ${address}/docs  (to read and try in a browser)
  Secret   ${secretLine}
  Mail     ${mailLine}
           replies are taken at ${mail.inbound}
  Logs     ${logsFolder}
  Agent    ${agentLine(agent)}

Open a mission (paste this into another terminal):

curl -sS ${address}/api/internal/missions \\
  -H "Authorization: Bearer ${secret}" \\
  -H "Content-Type: application/json" \\
  -d '{"user_id":"ada","conversation_id":"conv-A","title":"Move the office to Lisbon"}'
${'address' in agent ? chatCall(agent.address, secret) : ''}
Ctrl-C ends everything.
`;
}

const signInLine = (signIn: SignInLink | undefined): string => {
  if (!signIn) return '';
  const line =
    'failed' in signIn
      ? `no link could be made: ${signIn.failed}`
      : `${signIn.link}  (once, for ${signIn.minutes} min)`;
  return `  Sign in  ${line}\n`;
};

function agentLine(agent: AgentFacts): string {
  if ('failed' in agent) return `does not run: ${agent.failed}`;
  const noModel = 'built-in rules, NO LANGUAGE MODEL: MODEL_API_KEY and MODEL_NAME give it one';
  return `${agent.address}  (${agent.model ?? noModel})`;
}

/** `curl -d` sends the content type of a form; the agent accepts JSON with it, so the call needs no further header. */
const chatCall = (address: string, secret: string): string => `
Talk to the reference agent, in another conversation:

curl -sS ${address}/v1/chat \\
  -H "Authorization: Bearer ${secret}" \\
  -d '{"user_id":"ada","conversation_id":"conv-B","message":"What are my current tasks?"}'
`;
