import { urgencies } from '@missions/contracts/approval/input-request.ts';
import type { Database } from '@missions/persistence/database.ts';
import { statement } from '@missions/persistence/statement.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { gauge } from '@missions/runtime/metrics.ts';

const questions = gauge('missions_questions_pending', 'Questions that wait for their user', ['urgency']);
const oldest = gauge('missions_questions_oldest_seconds', 'How long the oldest of these has waited', ['urgency']);

const pending = statement(
  'approval.measure',
  `select urgency, count(*)::int as waiting,
          greatest(0, extract(epoch from clock_timestamp() - min(created_at)))::float8 as seconds
     from input_request where status = 'pending' group by urgency`,
);

/** What waits for users. */
export async function measureQuestions({ db }: { readonly db: Database }): Promise<void> {
  const rows = await autocommit(db).run<{ urgency: string; waiting: number; seconds: number }>(pending);
  for (const urgency of urgencies) {
    const row = rows.find((one) => one.urgency === urgency);
    questions.set({ urgency }, row?.waiting ?? 0);
    oldest.set({ urgency }, row?.seconds ?? 0);
  }
}
