import { missionStatuses, priorities } from '@missions/contracts/mission/vocabulary.ts';
import { Type } from 'typebox';
import { anyObject, flag, missionId, object, oneOf, optionalText } from '../fields.ts';
import { tool } from '../tool.ts';
import { missionChanged } from './detail.ts';

export const updateMission = tool({
  name: 'mission_update',
  title: 'Change a mission',
  description:
    'Change the goal, priority or due date of a mission, pause it, unpause it (active), let it wait, plan it anew (phase planning), cancel it or let it fail. To finish it well use mission_complete; for its steps mission_update_task.',
  parameters: object({
    mission_id: missionId,
    status: Type.Optional(oneOf(missionStatuses, 'waiting needs blocked_by')),
    phase: Type.Optional(oneOf(['planning', 'executing'])),
    title: optionalText(),
    description: optionalText(),
    priority: Type.Optional(oneOf(priorities)),
    due_at: optionalText('RFC 3339; "" takes it away'),
    summary: optionalText('what was accomplished'),
    blocked_by: optionalText('what it waits for: kind:reference, or plain text; "" ends a wait by hand'),
    blocked_reason: optionalText(),
    can_run_autonomously: flag('agents may work on it while the user is away; only if the user wants that'),
    details: anyObject('structured results'),
    metadata: anyObject('replaces what is there'),
  }),
  effects: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  async run({ client, write: { signal, run } }, { mission_id, due_at, ...patch }) {
    const due = due_at === undefined ? {} : { due_at: due_at === '' ? null : due_at };
    const mission = await client.updateMission(
      mission_id,
      { ...patch, ...due },
      { ...(signal && { signal }), ...(run && { run }) },
    );
    return { text: missionChanged('Changed', mission), data: mission };
  },
});
