import type { ErrorCode } from './errors.ts';
import type { Caller } from './request.ts';

/**
 * What is recorded of a deed: who did what, to what, from where, with which result (specification section 9). Ids and
 * closed words only, never a text that somebody wrote, so that the record may outlive what it speaks of.
 */
export const auditActions = [
  'input_request.responded',
  'input_request.withdrawn',
  'mission.created',
  'mission.changed',
  'mission.kept',
  'mission.messaged',
  'mission.paused',
  'mission.resumed',
  'mission.cancelled',
  'mission.retried',
  'mission.restored',
  'mission.autonomy_granted',
  'mission.autonomy_withdrawn',
  'mission.lifetime_changed',
  'mission.erased',
  'user.erased',
  'customer.erased',
  'task.skipped',
  'task.retried',
  'task.received',
  'kill_switch.set',
  'kill_switch.lifted',
  'limits.changed',
  'quotas.changed',
  'work.stopped',
  'work.resumed',
  'session.started',
  'session.ended',
  'sign_in_code.created',
  'profile.changed',
  'address.confirmed',
  'preferences.changed',
  'device.added',
  'device.removed',
  'webhook.created',
  'webhook.changed',
  'webhook.deleted',
  'webhook.rotated',
  'webhook.redelivered',
  'webhook.disabled',
  'approval_rule.made',
  'approval_rule.changed',
  'approval_rule.removed',
  'delegation.made',
  'delegation.ended',
  'key.created',
  'key.revoked',
  'mail.dropped',
  'dead_letter.replayed',
  'dead_letter.dropped',
  'stream.rebuilt',
  'streams.provisioned',
  'subscriber.added',
  'subscriber.removed',
  'messages.erased',
  'audit.purged',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** The deeds on a whole mission, by what is done to it. */
export const missionDeeds = {
  created: 'mission.created',
  changed: 'mission.changed',
  kept: 'mission.kept',
  messaged: 'mission.messaged',
  paused: 'mission.paused',
  resumed: 'mission.resumed',
  cancelled: 'mission.cancelled',
  retried: 'mission.retried',
  restored: 'mission.restored',
  autonomy_granted: 'mission.autonomy_granted',
  autonomy_withdrawn: 'mission.autonomy_withdrawn',
  lifetime_changed: 'mission.lifetime_changed',
  erased: 'mission.erased',
} as const satisfies Record<string, AuditAction>;

/** `attempted`: written before a deed outside of the database, whose own result follows as a further entry. */
export const auditResults = ['done', 'refused', 'failed', 'attempted'] as const;
export type AuditResult = (typeof auditResults)[number];

export type AuditChannel = 'rest' | 'mcp' | 'cli' | 'product';

/** Who acted, and from where. */
export interface AuditActor {
  /**
   * `service_secret`: the trusted backend, for the user that it names, if any. `product`: a rule of the product, e.g. a
   * lifetime that ended. `unknown`: a call that was refused because its credential was not known.
   */
  readonly actor: 'user' | 'agent_key' | 'service_secret' | 'operator' | 'product' | 'unknown';
  readonly user_id: string | null;
  readonly agent_id: string | null;
  readonly key_id: string | null;
  /** Name of the operator, who has run a command on a machine of the product; or `<customer>:<user>`, in the browser. */
  readonly operator: string | null;
  /** The network address, as the gateway saw it behind its trusted proxies. */
  readonly address: string | null;
  readonly channel: AuditChannel;
}

export interface Deed {
  /** Empty: every customer, or a refused call whose customer is not known. */
  readonly customer_id: string;
  readonly by: AuditActor;
  readonly action: AuditAction;
  readonly target: { readonly kind: AuditTarget; readonly id: string };
  readonly mission_id: string | null;
  readonly result: AuditResult;
  /** Why it was refused. */
  readonly code?: ErrorCode;
}

/** A deed whose result is not known yet. */
export type IntendedDeed = Omit<Deed, 'result' | 'code'>;

export type AuditTarget =
  | 'subscriber'
  | 'mission'
  | 'task'
  | 'input_request'
  | 'approval_rule'
  | 'delegation'
  | 'kill_switch'
  | 'session'
  | 'user'
  | 'customer'
  | 'device'
  | 'webhook'
  | 'key'
  | 'mail'
  | 'dead_letter'
  | 'stream'
  | 'audit';

const nobody = { user_id: null, agent_id: null, key_id: null, operator: null, address: null };

/** The caller of a request: by the credential that was shown, and not by the person it was shown for. */
export function byCaller({ kind, credential, customer_id, user_id, agent_id, origin }: Caller): AuditActor {
  const from = { address: origin?.address ?? null, channel: origin?.channel ?? 'rest' } as const;
  if (kind === 'operator')
    return { ...nobody, ...from, actor: 'operator', user_id, operator: `${customer_id}:${user_id}`.slice(0, 255) };
  const [, key_id = null] = /^key:(.+)$/.exec(credential) ?? [];
  return {
    ...nobody,
    actor: key_id !== null ? 'agent_key' : credential === 'service' ? 'service_secret' : 'user',
    user_id,
    agent_id,
    key_id,
    ...from,
  };
}

export const byOperator = (operator: string): AuditActor => ({
  ...nobody,
  actor: 'operator',
  operator,
  channel: 'cli',
});

export const byProduct: AuditActor = { ...nobody, actor: 'product', channel: 'product' };

/** A caller whose credential was refused: nothing is known but where the call came from. */
export const byUnknown = (address: string, channel: AuditChannel): AuditActor => ({
  ...nobody,
  actor: 'unknown',
  address,
  channel,
});

/** Refusals that are recorded: somebody reached for what is not theirs. All others are everyday answers. */
export const recordedRefusals: readonly ErrorCode[] = [
  'UNAUTHENTICATED',
  'KEY_EXPIRED',
  'FORBIDDEN',
  'SCOPE_REQUIRED',
  'MISSION_NOT_FOUND',
  'TASK_NOT_FOUND',
  'INPUT_REQUEST_NOT_FOUND',
  'NOT_FOUND',
];

/** One entry, as `missions audit` lists it. */
export interface AuditEntry extends Omit<AuditActor, 'actor'> {
  readonly id: string;
  readonly at: string;
  readonly service: string;
  readonly customer_id: string;
  readonly actor: AuditActor['actor'];
  readonly action: AuditAction;
  readonly target_kind: AuditTarget;
  readonly target_id: string;
  readonly mission_id: string | null;
  readonly result: AuditResult;
  readonly code: ErrorCode | null;
  readonly request_id: string | null;
}
