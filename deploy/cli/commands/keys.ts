import { programCommand } from '../command.ts';
import { section, since } from '../table.ts';

interface AgentKey {
  id: string;
  customer_id: string;
  agent_id: string;
  /** null: the key may name every user of its customer. */
  users: string[] | null;
  /** null: all. */
  scopes: string[] | null;
  label: string;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
}

/** The document of `list`, `create` or `revoke`. */
type KeysDocument = AgentKey[] | { id: string; key: string } | { id: string; revoked: boolean };

export const keys = programCommand<KeysDocument>(
  {
    usage: [
      'keys create --customer <id> --agent <id> [--user <id> …] [--scopes <list>] [--expires <90d>] [--label <text>]',
      'keys list [--customer <id>]',
      'keys revoke <key id>',
    ],
    about:
      "agents' keys, each shown once, when it is made; an agent may have two live ones, so that one can replace " +
      'the other without a pause. Without --user it may name every user of its customer, without --scopes ' +
      '(missions, email, runs, ask) do all of it, and without --expires (90d, 12h, or a time) it does not end',
  },
  { service: 'gateway', program: 'keys', needs: { database: true } },
  renderKeys,
);

function renderKeys(document: KeysDocument): string {
  if (Array.isArray(document)) {
    return section(
      'Keys',
      ['made', 'id', 'customer', 'agent', 'users', 'scopes', 'label', 'last used', 'expires', 'revoked'],
      document.map((key) => [
        since(key.created_at),
        key.id,
        key.customer_id,
        key.agent_id,
        key.users?.join(' ') ?? '(all)',
        key.scopes?.join(' ') ?? '(all)',
        key.label,
        since(key.last_used_at),
        since(key.expires_at),
        since(key.revoked_at),
      ]),
      'none',
    );
  }
  if ('key' in document) return `${document.key}\n\nKey ${document.id}. Keep it now: it cannot be shown again.`;
  return document.revoked ? `Key ${document.id} is revoked.` : '';
}
