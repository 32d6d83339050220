import type { NewMission } from '@missions/contracts/mission/bodies.ts';
import { type Decision, Refused } from './decision.ts';
import { type CommandContext, ChangeBuilder } from './mission-changes.ts';
import { addTasks, placeInList } from './plan.ts';
import { DEFAULT_LIFETIME_HOURS, questionOf, withheld, withoutProposed } from './proposal.ts';
import { requestInput } from './request-input.ts';
import type { Mission } from './state.ts';

export interface Owner {
  readonly customer_id: string;
  readonly user_id: string;
}

/** The only command that is decided without an existing mission. */
export interface CreateMission {
  readonly type: 'CreateMission';
  readonly owner: Owner;
  readonly mission: NewMission;
}

/**
 * Creates a mission, with its tasks if the caller sends a plan. The mission belongs to its user, whichever agent or
 * conversation created it.
 */
export function create(owner: Owner, input: NewMission, context: CommandContext): Decision {
  const { at, actor, newId } = context;
  const standard = { can_run_autonomously: false, max_lifetime_hours: DEFAULT_LIFETIME_HOURS };
  const proposal = withheld(actor, standard, input);
  const allowed = proposal === null ? input : withoutProposed(input, proposal);
  const mission: Mission = {
    id: newId(),
    ...owner,
    title: input.title,
    description: input.description ?? '',
    created_by_agent_id: actor.agent_id,
    origin_conversation_id: input.conversation_id ?? '',
    phase: 'planning',
    return_phase: null,
    paused_by: null,
    cancelled: false,
    priority: input.priority ?? 'normal',
    due_at: input.due_at ? new Date(input.due_at).toISOString() : null,
    completed_at: null,
    outcome: null,
    summary: '',
    details: {},
    can_run_autonomously: allowed.can_run_autonomously ?? standard.can_run_autonomously,
    last_autonomous_check: null,
    max_lifetime_hours: allowed.max_lifetime_hours ?? standard.max_lifetime_hours,
    last_user_engagement_at: null,
    stale_notified_at: null,
    grace_period_ends_at: null,
    unanswered_at: null,
    concerns: [],
    budget: null,
    deleted_at: null,
    deletion: null,
    mailed: false,
    metadata: input.metadata ?? {},
    version: 0,
    fence: 0,
    run_id: null,
    run_fence: null,
    last_sequence: 0,
    created_at: at,
    updated_at: at,
    tasks: [],
    blockers: [],
  };
  const changes = new ChangeBuilder(mission, context);
  try {
    changes.record('created', { title: mission.title, metadata: { status: 'active', phase: 'planning' } });
    if (input.tasks?.length) addTasks(changes, input.tasks, placeInList);
    if (proposal) requestInput(changes, newId(), questionOf(proposal, actor, mission.title));
    changes.close();
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    throw error;
  }
  return { kind: 'moved', next: changes.mission, changes: changes.recorded };
}
