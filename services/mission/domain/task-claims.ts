import { DEFAULT_CLAIM_MINUTES, type TaskClaim } from '@missions/contracts/mission/claims.ts';
import { type Actor, invalidTransition, Refused } from './decision.ts';
import type { ChangeBuilder } from './mission-changes.ts';
import { requireOpen } from './mission-steps.ts';
import { isOpen, type Task } from './state.ts';

/**
 * Agents in conversations have no run that keeps others away. A claim does: of an agent in a conversation, for a time,
 * seen by everybody. The user is never kept from a task, nor is what comes from outside.
 */
export function claimTask(changes: ChangeBuilder, taskId: string, minutes = DEFAULT_CLAIM_MINUTES): void {
  requireOpen(changes.mission);
  const task = changes.task(taskId);
  const { agent_id, conversation_id } = changes.actor;
  const held = claimOf(task, changes.at);
  if (held && !isHolder(held, changes.actor)) throw claimed(task, held);
  if (!isOpen(task))
    throw invalidTransition(
      `Task "${task.title.slice(0, 80)}"`,
      task.status,
      'claimed',
      [],
      'Claim a task that is open.',
    );
  const until = new Date(Date.parse(changes.at) + minutes * 60_000).toISOString();
  changes.setTask(taskId, { claim: { agent_id, conversation_id, since: held?.since ?? changes.at, until } });
  recordClaim(changes, task, `Claimed by ${nameOf(changes.actor)} until ${until}`);
}

export function releaseTask(changes: ChangeBuilder, taskId: string): void {
  requireOpen(changes.mission);
  const task = changes.task(taskId);
  const held = claimOf(task, changes.at);
  if (!held) return;
  if (!isHolder(held, changes.actor)) throw claimed(task, held);
  changes.setTask(taskId, { claim: null });
  recordClaim(changes, task, `Released by ${nameOf(changes.actor)}`);
}

/** Refuses another agent than the one that holds the task; a call that changes a task names no conversation. */
export function requireUnclaimed(changes: ChangeBuilder, taskId: string): void {
  const task = changes.task(taskId);
  const held = claimOf(task, changes.at);
  const { kind, agent_id } = changes.actor;
  if (held && kind === 'agent' && held.agent_id !== agent_id) throw claimed(task, held);
}

const claimOf = ({ claim }: Task, at: string): TaskClaim | null => (claim && claim.until > at ? claim : null);

const isHolder = (held: TaskClaim, { agent_id, conversation_id }: Actor): boolean =>
  held.agent_id === agent_id && held.conversation_id === conversation_id;

const nameOf = ({ agent_id, conversation_id }: Pick<TaskClaim, 'agent_id' | 'conversation_id'>): string =>
  `${agent_id === null ? 'an agent without a name' : `agent ${agent_id}`} in conversation ${conversation_id}`;

const claimed = ({ title }: Task, claim: TaskClaim): Refused =>
  new Refused(
    'TASK_CLAIMED',
    `Task "${title.slice(0, 80)}" is claimed by ${nameOf(claim)} until ${claim.until}. Take another task, or wait.`,
    { claim },
  );

function recordClaim(changes: ChangeBuilder, { id, title }: Task, content: string): void {
  changes.record('task_updated', { title, content, task_id: id, metadata: { changed: ['claim'] } });
}
