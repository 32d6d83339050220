import type { Command } from './command.ts';

const WIDTH = 100;

/** What `missions <command> --help` says beyond the line of the list: what a column means, and what to do then. */
const MORE: Record<string, readonly string[]> = {
  status: [
    'Copies: 0 says that the service does not run, or cannot reach PostgreSQL.',
    'Unpublished grows: NATS is away, or a stream is full (size, of). No event is lost.',
    'Pending grows and waiting is 0: the consumer is behind, or does not run.',
    'Redelivered is not 0: events fail and are tried again for about ten minutes, then they are dead letters.',
    'A part that cannot be read is named on stderr, the others are shown, and the exit code is 1.',
  ],
  list: ['Example: missions list --user ada --status active,waiting', 'Then: missions show <mission id>'],
  show: ['Example: missions show <mission id> --events 50', 'list finds the id.'],
  timers: ['Example: missions timers --due-before 2026-12-01T09:00:00Z', 'Overdue: the scheduler does not run.'],
  usage: ['Example: missions usage --customer acme --days 7', 'Days are those of UTC, today among them.'],
  customers: [
    'Example: missions customers --limit 20 --offset 20',
    'Stored: bytes of missions with tasks, waits and history, of deleted ones until they are erased. Days are those of UTC.',
    'A limit that is set is shown as “of”: missions quotas <customer> changes it.',
  ],
  quotas: [
    'Example: missions quotas acme --missions 10000 --questions 500 --mail 5000 --storage 1000000000',
    'Beyond one, calls that add get 409 QUOTA_EXCEEDED; answers, steps, ends and what people do are taken.',
    'A number below what is used takes nothing away. --mail takes the place of MAIL_RECIPIENTS_PER_DAY_CUSTOMER.',
    'Writers wait while a quota is set, so that none is missed: set it when all copies have this version.',
  ],
  runs: ['Example: missions runs --status running', 'kill-switch stops runs; a mission that is paused gets none.'],
  emails: ['Example: missions emails --mission <mission id>', 'A message that goes out twice has the same Message-ID.'],
  'dead-letters': [
    'Show one, mend the fault, then replay it: it is published again unchanged, and an effect is had once.',
    'Drop what can never be handled. Dead letters are kept for 28 days.',
  ],
  outbox: ['Before a server is taken down, stop the gateway and wait until all is 0.'],
  provision: ['Run it before the services start, and after the storage of NATS was lost.'],
  'rebuild-stream': [
    'For MISSION, APPROVAL, EMAIL and SCHEDULER, or --all, after the storage of NATS was lost or rolled back.',
    'Example: missions rebuild-stream MISSION --dry-run',
  ],
  'kill-switch': [
    'Example: missions kill-switch on --customer acme --user ada',
    'Runs in hand lose their lease at once. off takes the same options as on; list and status show what is on.',
  ],
  erase: [
    'Without --yes it says what would be erased, and fails. Nothing brings it back.',
    'It counts rows, messages and files. The services must run: they publish the erasure and remove the files.',
  ],
  'erase-messages': ['Run it at least once in 14 days. It may be repeated at any time.'],
  'erase-user': [
    'Example: missions erase-user acme ada --yes',
    'Without --yes it counts what would be erased, and fails. First nothing new is taken of the user, then all is erased.',
    'Answers to questions of other users stay with them, with the id; so does the audit record for its time.',
  ],
  'erase-customer': ['Example: missions erase-customer acme --yes', 'Its keys end first. Only the audit record stays.'],
  readmit: ['Example: missions readmit acme ada', 'For a user id that is given to somebody again.'],
  export: [
    'Example: missions export --user acme ada > ada.ndjson',
    'Files of sent mail, streams and the audit record are not part of it. Secrets are left out, and named.',
  ],
  audit: [
    'Example: missions audit --mission <mission id> --since 2026-12-01T00:00:00Z',
    'Times are those of the database. Run purge once a day.',
  ],
  'sign-in': [
    'Example: missions sign-in --user ada --customer acme',
    'The link begins with PUBLIC_URL, or else with the address of what npm start runs.',
  ],
  subscribers: [
    'Example: missions subscribers add billing',
    'A consumer with that name is that subscriber’s alone. remove ends its connections at once.',
  ],
  webhooks: [
    'Example: missions webhooks list --customer acme',
    'What was missed by a disabled endpoint is undelivered: its customer lists it, and redeliver sends one again.',
  ],
  'rotate-receipt-keys': ['It counts at once, in every copy of the service: nothing is restarted.'],
  keys: [
    'Example: missions keys create --customer default --agent my-agent --scopes missions,ask --expires 90d',
    'A key that is revoked or expires ends within a second, also in calls that wait. Last used: to the minute.',
    'To replace one: create the second, give it to the agent, and revoke the first once it is not used any more.',
  ],
};

/** Of one command with all that is known about it, or of all in short. */
export function help(commands: Record<string, Command>, name?: string): string {
  const listed = Object.entries(commands).filter(([key, { usage }]) => usage.length > 0 && key === (name ?? key));
  const uses = listed.map(([key, { usage, about }]) => {
    const lines = [about, ...(name === undefined ? [] : (MORE[key] ?? []))].flatMap(wrapped);
    return [...usage.map((line) => `  missions ${line}`), ...lines.map((line) => `      ${line}`)].join('\n');
  });
  return `${uses.join('\n')}

  --json   one JSON document on stdout, for scripts; what went wrong is on stderr
  --help   this, or more about one command

Exit codes: 0 done; 1 refused or failed, with the reason on stderr; 2 the call is wrong.

What is asked is what npm start runs in DATA_DIR, unless these name other servers: <SERVICE>_DATABASE_URL
(e.g. MISSION_DATABASE_URL), OPERATOR_NATS_URL, PROVISIONER_NATS_URL, ERASER_NATS_URL,
ADMIN_DATABASE_URL, GATEWAY_URL and AGENT_URL.`;
}

/** Lines that end between words. */
function wrapped(text: string): string[] {
  const lines = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}
