/**
 * A job for cron: takes the missions that may go on by themselves, one after the other, and ends when none is left.
 *
 *     MISSIONS_URL=http://127.0.0.1:8003 MISSIONS_KEY=<an agent's key> node job.ts
 */
import { env } from 'node:process';
import { isCode, MissionsClient } from '@missions/client';

const agentId = env['MISSIONS_AGENT_ID'] ?? 'nightly';
const client = new MissionsClient({
  baseUrl: env['MISSIONS_URL'] ?? 'http://127.0.0.1:8003',
  credential: env['MISSIONS_KEY'] ?? '',
  agentId,
  ...(env['MISSIONS_CUSTOMER_ID'] && { customerId: env['MISSIONS_CUSTOMER_ID'] }),
});

for (;;) {
  const claimed = await client.claimRun({ agent_id: agentId, wait_seconds: 2, lease_seconds: 60 });
  if (!claimed?.run || !claimed.context) break;
  const { run, context } = claimed;
  // Each write bears the run: it is refused once another agent holds the mission, or its user has paused it.
  const fence = run.fence ?? 0;
  const within = { run: { id: run.id, fence } };
  const lease = setInterval(
    () => void client.heartbeatRun(run.id, { fence }).catch((error: Error) => console.error(error.message)),
    20_000,
  );
  try {
    for (const task of context.next_tasks) {
      const done = { status: 'completed', result: { done_by: agentId } } as const;
      await client.updateMissionTask(run.mission_id, task.id, done, within);
      console.log(`${context.mission.title}: ${task.title}`);
    }
    await client.finishRun(run.id, { fence, status: 'succeeded' });
  } catch (error) {
    // Stopped, paused or taken over: nothing that was written after that counts.
    if (!isCode(error, 'LEASE_LOST')) await client.finishRun(run.id, { fence, status: 'failed', error: String(error) });
  } finally {
    clearInterval(lease);
  }
}
