import { Client } from 'pg';
import type { Round } from './input-request-rounds.ts';

/**
 * The state of the three services at the end, read from their own tables. Times are ISO texts in UTC, so that they can
 * be compared as texts.
 */
export interface InputRequestObservations {
  readonly rounds: readonly Round[];
  readonly requests: readonly {
    id: string;
    mission_id: string;
    status: string;
    text: string | null;
    responded_at: string | null;
    expires_at: string;
  }[];
  readonly missions: readonly { id: string; phase: string; status: string }[];
  readonly tasks: readonly { id: string; mission_id: string; status: string; error: string; response: string | null }[];
  readonly blockers: readonly { key: string; mission_id: string; open: boolean; by: string | null }[];
  /** Ends of waits that the missions' histories record, oldest first. */
  readonly ends: readonly { mission_id: string; event_type: string; key: string; by: string }[];
  readonly returns: readonly { task_id: string; times: number }[];
  /** Firings of deadlines and reminders that the scheduler published, with their times. */
  readonly firings: readonly { key: string; revision: number; fire_at: string; fired_at: string }[];
  readonly timers: readonly {
    key: string;
    state: 'pending' | 'fired' | 'cancelled';
    fire_at: string | null;
    fired_at: string | null;
  }[];
  /** Events of the approval service without reminders, in the order of their publication. */
  readonly events: readonly { type: string; request_id: string }[];
  readonly unpublished: number;
}

const queries: Record<Exclude<keyof InputRequestObservations, 'rounds' | 'unpublished'>, string> = {
  requests: `select id::text, mission_id::text, status, response ->> 'freeform_text' as text, approval.iso(responded_at) as responded_at, approval.iso(expires_at) as expires_at from approval.input_request`,
  missions: 'select id::text, phase, status from mission.mission',
  tasks: `select id::text, mission_id::text, status, error, result -> 'response' ->> 'freeform_text' as response from mission.task`,
  blockers: `select key, mission_id::text, resolved_at is null as open, resolution ->> 'by' as by from mission.blocker`,
  ends: `select mission_id::text, event_type, metadata ->> 'key' as key, metadata -> 'resolution' ->> 'by' as by
           from mission.mission_event where metadata ? 'resolution' order by mission_id, sequence`,
  returns: `select task_id::text, count(*)::int as times from mission.mission_event
             where metadata -> 'task_status' ->> 'from' = 'waiting_human' and metadata -> 'task_status' ->> 'to' = 'in_progress' group by 1`,
  firings: `select data ->> 'key' as key, (data ->> 'revision')::int as revision, data ->> 'fire_at' as fire_at, data ->> 'fired_at' as fired_at
              from scheduler.outbox where type like 'timer.%'`,
  timers: `select key, case when fired_at is not null then 'fired' when cancelled_at is not null then 'cancelled' else 'pending' end as state,
                  scheduler.iso(fire_at) as fire_at, scheduler.iso(fired_at) as fired_at from scheduler.timer`,
  events: `select type, data ->> 'request_id' as request_id from approval.outbox where type like 'approval.%' and type <> 'approval.reminder_due' order by position`,
};

export async function observe(adminUrl: string, rounds: readonly Round[]): Promise<InputRequestObservations> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found: Record<string, unknown> = {};
    for (const [name, sql] of Object.entries(queries)) found[name] = (await client.query(sql)).rows;
    return {
      ...(found as unknown as Omit<InputRequestObservations, 'rounds' | 'unpublished'>),
      rounds,
      unpublished: await unpublished(client),
    };
  } finally {
    await client.end();
  }
}

/**
 * Whether all work is done: every event is published, no input request is pending, no mission is blocked, and no timer
 * is pending except those of missions' lives.
 */
export async function isSettled(adminUrl: string): Promise<boolean> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const sql = `select (select count(*) from approval.input_request where status = 'pending') + (select count(*) from mission.blocker where resolved_at is null)
                      + (select count(*) from mission.blocker b where b.kind = 'human_input' and not exists (
                          select from approval.input_request r where b.key = 'human_input:' || r.id and r.prompt is not null))
                      + (select count(*) from scheduler.timer where fired_at is null and cancelled_at is null and key not like 'life:%') as left`;
    const [{ left }] = (await client.query(sql)).rows as [{ left: string }];
    return Number(left) === 0 && (await unpublished(client)) === 0;
  } finally {
    await client.end();
  }
}

async function unpublished(client: Client): Promise<number> {
  const one = (schema: string): string => `(select count(*) from ${schema}.outbox where published_at is null)`;
  const { rows } = await client.query(
    `select ${['mission', 'approval', 'scheduler', 'email_bridge'].map(one).join(' + ')} as count`,
  );
  return Number(rows[0].count);
}
