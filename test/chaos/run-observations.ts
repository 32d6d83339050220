import { Client } from 'pg';
import type { Grant, RunMission, RunRounds, RunWrite } from './run-rounds.ts';

/** The two services' state of autonomous missions at the end, read from their own tables, and what agents saw. */
export interface RunObservations {
  readonly planned: readonly RunMission[];
  readonly grants: readonly Grant[];
  readonly writes: readonly RunWrite[];
  readonly missions: readonly { id: string; status: string }[];
  readonly tasks: readonly { id: string; status: string }[];
  readonly runs: readonly {
    id: string;
    mission_id: string;
    status: string;
    requested_at: string;
    finished_at: string | null;
  }[];
  /** Histories, in order: of each mission, oldest first. `fence` is that of a grant. */
  readonly entries: readonly {
    mission_id: string;
    event_type: string;
    content: string;
    run_id: string | null;
    fence: number | null;
    run_status: string | null;
  }[];
}

const queries: Record<'missions' | 'tasks' | 'runs' | 'entries', string> = {
  missions: 'select id::text, status from mission.mission where can_run_autonomously',
  tasks: 'select id::text, status from mission.task',
  runs: `select id::text, mission_id::text, status, scheduler.iso(requested_at) as requested_at, scheduler.iso(finished_at) as finished_at
           from scheduler.run order by requested_at, id`,
  entries: `select e.mission_id::text, e.event_type, e.content, e.metadata ->> 'run_id' as run_id, (e.metadata ->> 'fence')::int as fence,
                   e.metadata ->> 'status' as run_status
              from mission.mission_event e join mission.mission m on m.id = e.mission_id where m.can_run_autonomously
             order by e.mission_id, e.sequence`,
};

export async function observeRuns(
  adminUrl: string,
  rounds: Pick<RunRounds, 'missions' | 'grants' | 'writes'>,
): Promise<RunObservations> {
  const client = new Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found: Record<string, unknown> = {};
    for (const [name, sql] of Object.entries(queries)) found[name] = (await client.query(sql)).rows;
    const { missions: planned, grants, writes } = rounds;
    return { ...(found as Pick<RunObservations, keyof typeof queries>), planned, grants, writes };
  } finally {
    await client.end();
  }
}
