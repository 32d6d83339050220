import { outcomes } from '@missions/contracts/mission/vocabulary.ts';
import { Type } from 'typebox';
import { anyObject, missionId, object, oneOf, text } from '../fields.ts';
import { missionHead } from '../rendering/mission.ts';
import { tool } from '../tool.ts';

export const completeMission = tool({
  name: 'mission_complete',
  title: 'End a mission',
  description:
    'End a mission when its goal is reached, or cannot be reached any more (outcome failed or cancelled). Open tasks are skipped and pending questions withdrawn. Final; missions never end by themselves.',
  parameters: object({
    mission_id: missionId,
    summary: text('what was accomplished, for the user'),
    outcome: Type.Optional(oneOf(outcomes, 'default: success, or partial when a task failed')),
    details: anyObject('structured results'),
  }),
  effects: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  async run({ client, write: { signal, run } }, { mission_id, outcome, ...fields }) {
    const status: 'failed' | 'cancelled' | 'completed' =
      outcome === 'failed' || outcome === 'cancelled' ? outcome : 'completed';
    const patch = { ...fields, status, ...(outcome !== undefined && status === 'completed' && { outcome }) };
    const mission = await client.updateMission(mission_id, patch, { ...(signal && { signal }), ...(run && { run }) });
    return {
      text: `Ended. ${missionHead({ ...mission, description: '', summary: '', details: {} })}\nNext: tell the user what was accomplished.`,
      data: mission,
    };
  },
});
