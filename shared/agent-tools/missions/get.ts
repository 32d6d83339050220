import { Type } from 'typebox';
import { missionId, object } from '../fields.ts';
import { tool } from '../tool.ts';
import { missionDetail } from './detail.ts';

export const getMission = tool({
  name: 'mission_get',
  title: 'Look at a mission',
  description:
    'One mission as it stands: tasks with ids and results, what it waits for, pending questions, newest history. Only looks; to continue a mission from another conversation use mission_resume.',
  parameters: object({
    mission_id: missionId,
    recent_events: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 50, description: 'how many history entries; default 5' }),
    ),
  }),
  effects: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  async run({ client, signal }, { mission_id, recent_events = 5 }) {
    const mission = await client.getMission(
      mission_id,
      { include_events: recent_events },
      { ...(signal && { signal }) },
    );
    return { text: missionDetail(mission), data: mission };
  },
});
