import type { NewInputRequest, Proposal, Response } from '@missions/contracts/approval/input-request.ts';
import type { FieldError } from '@missions/contracts/errors.ts';
import type { Actor } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import type { Mission } from './state.ts';

/**
 * What an agent may only propose: that agents work on the mission while its user is away, and that the mission stays
 * open for longer than by default (specification section 8 "Life cycle"). The user and the trusted backend set both; an
 * agent's key that asks for them asks the user:
 *
 *     create, PATCH with an agent's key ──▶ the rest is done, and a question proposes these ──approve──▶ set
 *     ask {proposes}                    ──▶ a question in the agent's own words             ──reject, expiry──▶ as it was
 */
export const DEFAULT_LIFETIME_HOURS = 168;

type Envelope = Pick<Mission, 'can_run_autonomously' | 'max_lifetime_hours'>;

/** The part of what is wanted that needs the user's word; null if the actor may have all of it as it is. */
export function withheld({ by_key }: Actor, now: Envelope, wanted: Partial<Envelope>): Proposal | null {
  if (by_key !== true) return null;
  const autonomy = wanted.can_run_autonomously === true && !now.can_run_autonomously;
  const most = Math.max(DEFAULT_LIFETIME_HOURS, now.max_lifetime_hours);
  const { max_lifetime_hours: hours } = wanted;
  const longer = hours !== undefined && hours > most;
  if (!autonomy && !longer) return null;
  return { ...(autonomy && { can_run_autonomously: true as const }), ...(longer && { max_lifetime_hours: hours }) };
}

export function withoutProposed<Fields extends Partial<Envelope>>(fields: Fields, proposal: Proposal): Fields {
  const rest = { ...fields };
  for (const name of Object.keys(proposal) as (keyof Proposal)[]) delete rest[name];
  return rest;
}

const APPROVE = 'approve';

/** The words of the product and not of the agent: the user sees what their answer does. */
export function optionsOf(proposal: Proposal): { id: string; label: string }[] {
  return [
    { id: APPROVE, label: `Yes: ${effectsOf(proposal)}`.slice(0, 500) },
    { id: 'reject', label: 'No, leave it as it is' },
  ];
}

function effectsOf({ can_run_autonomously, max_lifetime_hours }: Proposal): string {
  const autonomy = can_run_autonomously && 'agents may work on this mission while I am away';
  const hours = max_lifetime_hours !== undefined && `it may stay open for ${max_lifetime_hours} hours without me`;
  return [autonomy, hours].filter(Boolean).join(', and ');
}

/** The question that a create or PATCH with an agent's key becomes. */
export function questionOf(proposal: Proposal, { agent_id }: Actor, title: string): NewInputRequest {
  const prompt = `The agent ${agent_id ?? 'without a name'} asks about "${title}": is it right that ${effectsOf(proposal)}?`;
  return { prompt: prompt.slice(0, 10_000), proposes: proposal };
}

/** A question that proposes something has the product's options, and concerns the whole mission. */
export function proposalFaults({ proposes, ...input }: NewInputRequest): FieldError[] {
  if (proposes === undefined) return [];
  const own = (['options', 'allow_freeform', 'default_option', 'task_id', 'action'] as const).filter(
    (member) => input[member] !== undefined && input[member] !== null,
  );
  return own.map((member) => ({
    path: `/${member}`,
    message: 'leave it out: a question with proposes offers approve and reject, for the whole mission',
  }));
}

/** The user's `approve` takes effect in the decision that takes the answer. Silence is never an approval. */
export function applyProposal(changes: ChangeBuilder, proposal: Proposal, response: Response): void {
  if (response.selected_option !== APPROVE || response.via === 'timeout' || response.responded_by === null) return;
  const names = (Object.keys(proposal) as (keyof Proposal)[]).filter(
    (name) => changes.mission[name] !== proposal[name],
  );
  if (names.length === 0) return;
  changes.set(proposal);
  changes.record('updated', {
    title: `Changed ${names.join(', ')}, as the user approved`,
    metadata: { changed: names },
  });
}
