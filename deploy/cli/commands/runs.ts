import { renderLine } from '@missions/runtime/terminal-text.ts';
import { programCommand } from '../command.ts';
import { section, since } from '../table.ts';

interface Run {
  id: string;
  status: string;
  mission_id: string;
  agent_id: string | null;
  attempt: number;
  requested_at: string;
  lease_expires_at: string | null;
  error: string | null;
}

export const runs = programCommand<Run[]>(
  {
    usage: ['runs [--status <status>] [--mission <id>] [--limit <n>]'],
    about: 'runs of autonomous missions, newest first',
  },
  { service: 'scheduler', program: 'runs', needs: { database: true } },
  (list) =>
    section(
      'Runs',
      ['requested', 'status', 'run', 'mission', 'agent', 'attempt', 'lease ends', 'error'],
      list.map((run) => [
        since(run.requested_at),
        run.status,
        run.id,
        run.mission_id,
        run.agent_id,
        run.attempt,
        since(run.lease_expires_at),
        run.error,
      ]),
      'none',
    ),
);

export interface KillSwitch {
  scope: string;
  /** Empty for the scope `all`. */
  id: string;
  /** Of a user's switch: the id alone may be read in two ways. */
  customer_id?: string;
  user_id?: string;
  set_at: string;
  set_by?: string;
  reason?: string;
}

/** The document of `list`, or of `on` and `off`. */
type KillSwitchDocument = KillSwitch[] | (Omit<KillSwitch, 'set_at'> & { on: boolean; changed: boolean });

const whose = ({ id, customer_id, user_id }: Omit<KillSwitch, 'set_at'>): string =>
  customer_id && user_id ? `${user_id} of customer ${customer_id}` : id;

export const killSwitch = programCommand<KillSwitchDocument>(
  {
    usage: [
      'kill-switch on|off --all | --customer <id> [--user <id>] | --mission <id> [--reason <text>]',
      'kill-switch list',
    ],
    about: 'stops the runs of everybody, a customer, a user or a mission at once, until it is switched off',
  },
  { service: 'scheduler', program: 'kill-switch', needs: { database: true } },
  (document) => {
    if (Array.isArray(document)) return renderKillSwitches(document);
    const target = renderLine([document.scope, whose(document)].filter(Boolean).join(' '));
    return `The kill switch of ${target} ${document.changed ? 'is now' : 'was already'} ${document.on ? 'on' : 'off'}.`;
  },
);

export const renderKillSwitches = (list: readonly KillSwitch[]): string =>
  section(
    'Kill switches',
    ['scope', 'id', 'since', 'by', 'reason'],
    list.map((one) => [one.scope, whose(one), since(one.set_at), one.set_by, one.reason]),
    'all off',
  );
