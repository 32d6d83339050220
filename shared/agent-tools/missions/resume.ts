import type { EmailOfMission } from '@missions/contracts/email/email.ts';
import { conversation, missionId, object } from '../fields.ts';
import { answersFirst, emailLine, replyText } from '../rendering/emails.ts';
import { historyLines } from '../rendering/history.ts';
import { lines } from '../rendering/lines.ts';
import { missionHead } from '../rendering/mission.ts';
import { nextSteps } from '../rendering/next.ts';
import { inputRequestLines, inputRequestText } from '../rendering/input-requests.ts';
import { resultLines, taskLines } from '../rendering/tasks.ts';
import { waitLines } from '../rendering/waits.ts';
import { tool } from '../tool.ts';

const MOST_EMAILS = 10;
const MOST_REPLIES = 5;

export const resumeMission = tool({
  name: 'mission_resume',
  title: 'Continue a mission',
  description:
    'Continue a mission in this conversation: everything about it in one answer (tasks, waits, questions and their answers, e-mails and replies, history) and what can be done next. Call it before you work on a mission that was begun elsewhere.',
  parameters: object({ mission_id: missionId, ...conversation }),
  effects: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  async run({ client, conversationId, write }, { mission_id, conversation_id }) {
    const bundle = await client.resumeMission(
      mission_id,
      { conversation_id: conversationId ?? conversation_id ?? '' },
      {},
      write,
    );
    const { mission, tasks, blockers, input_requests, recent_events } = bundle;
    const emails = bundle.emails as readonly EmailOfMission[];
    const text = lines(
      missionHead(mission),
      taskLines(tasks),
      waitLines(blockers),
      ...inputRequestLines(input_requests).map(inputRequestText),
      ...emails.slice(0, MOST_EMAILS).flatMap((email) => [
        emailLine(email),
        ...answersFirst(email.replies)
          .slice(0, MOST_REPLIES)
          .map((reply) => replyText(reply, 500)),
      ]),
      resultLines(tasks),
      historyLines(recent_events),
      nextSteps({ mission, tasks, blockers }),
    );
    return { text, data: bundle };
  },
});
