import { findQuestion, openQuestions } from '@missions/contracts/mission/requests.ts';
import { blockerReference, inputRequestKey } from '@missions/contracts/waits.ts';
import { type Endpoint, endpoint } from '@missions/messaging/endpoint.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import type { Context, Executed } from '../commands/execute-command.ts';
import { openQuestionsOf } from '../store/inbox.ts';
import { askedQuestion, waitForQuestion } from '../store/pending-questions.ts';

/** What the mission service knows of questions before the approval service has heard of them. */
export const questionEndpoints = ({ db }: Pick<Context, 'db'>): Endpoint[] => [
  endpoint(openQuestions, async ({ caller, input: { mission_id = null } }) => ({
    body: { request_ids: await openQuestionsOf(autocommit(db), caller, mission_id) },
  })),
  endpoint(
    findQuestion,
    async ({ caller, input: { request_id, mission_id = null, content = false, delegators = [] } }) => {
      const tx = autocommit(db);
      const id = request_id.toLowerCase();
      const found = await waitForQuestion(tx, { ...caller, delegators }, inputRequestKey(id), mission_id);
      if (!found) return { body: { wait: 'none', asked: null } };
      return { body: { wait: found.wait, asked: content ? await askedQuestion(tx, found.mission_id, id) : null } };
    },
  ),
];

/**
 * With the questions that a command asked or ended, for the gateway to tell the approval service before the caller is
 * answered: `asked` as they were asked, `ended` by their ids.
 */
export function withQuestions(json: string, { mission, changes }: Executed): string {
  const asked = changes.flatMap(({ event }) => event?.['question'] ?? []);
  const ended = changes.flatMap(({ kind, metadata }) => {
    const request_id = kind === 'unblocked' && blockerReference('human_input', String(metadata['key']));
    return request_id ? [{ request_id, mission_id: mission.id, user_id: mission.user_id }] : [];
  });
  if (asked.length + ended.length === 0) return json;
  const told = { ...(asked.length > 0 && { asked }), ...(ended.length > 0 && { ended }) };
  return JSON.stringify({ ...(JSON.parse(json) as object), ...told });
}
