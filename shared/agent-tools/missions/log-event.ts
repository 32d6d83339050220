import { loggableEventTypes } from '@missions/contracts/mission/vocabulary.ts';
import { conversation, missionId, object, oneOf, optionalText, text } from '../fields.ts';
import { tool } from '../tool.ts';

export const logEvent = tool({
  name: 'mission_log_event',
  title: 'Log to a mission',
  description:
    'Write something into the history of a mission that the next conversation must know: what the user said (user_message), what you told them (agent_message), what happened outside (external_event), a remark (note). Changes of tasks and status are logged by themselves.',
  parameters: object({
    mission_id: missionId,
    event_type: oneOf(loggableEventTypes),
    content: text(),
    title: optionalText(),
    task_id: optionalText('the task it is about'),
    ...conversation,
  }),
  effects: { readOnly: false, destructive: false, idempotent: false, openWorld: false },
  async run({ client, conversationId, write }, { mission_id, conversation_id, ...event }) {
    const logged = await client.logMissionEvent(
      mission_id,
      { ...event, conversation_id: conversationId ?? conversation_id ?? '' },
      write,
    );
    return { text: `Logged as entry ${logged.sequence} of the mission's history.`, data: logged };
  },
});
