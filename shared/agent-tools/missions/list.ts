import { type MissionStatus, missionStatuses } from '@missions/contracts/mission/vocabulary.ts';
import { Type } from 'typebox';
import { flag, object, oneOf, optionalText } from '../fields.ts';
import { missionList } from '../rendering/mission-list.ts';
import { tool } from '../tool.ts';

const OPEN: MissionStatus[] = ['active', 'waiting', 'paused'];
const MOST = 50;

export const listMissions = tool({
  name: 'mission_list',
  title: 'List missions',
  description:
    "The user's missions from all conversations, newest first, with their tasks and what each waits for. Use it first whenever the user asks about their tasks or missions, or refers to earlier work. Shows open ones unless status says otherwise.",
  parameters: object({
    status: Type.Optional(Type.Array(oneOf(missionStatuses), { description: 'default: active, waiting, paused' })),
    q: optionalText('words to find in titles, descriptions and tasks'),
    needs_attention: flag('only those with a pending question or a failure'),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, description: 'default 20' })),
    cursor: optionalText('from the page before'),
  }),
  effects: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  async run({ client, signal }, { status, limit = 20, ...filter }) {
    const wanted = status && status.length > 0 ? status : OPEN;
    const page = await client.listMissions(
      { ...filter, status: wanted, limit, include_tasks: true },
      { ...(signal && { signal }) },
    );
    return { text: page.missions.length > 0 ? missionList(page) : nothing(wanted, filter), data: page };
  },
});

function nothing(status: readonly string[], filter: { q?: string; needs_attention?: boolean }): string {
  const filtered = filter.q !== undefined || filter.needs_attention !== undefined ? ' that fit' : '';
  const others = missionStatuses.filter((one) => !status.includes(one));
  const elsewhere = others.length > 0 ? ` Others may have ended: status ${JSON.stringify(others)} shows them.` : '';
  return `The user has no missions with status ${status.join(', ')}${filtered}.${elsewhere} mission_create begins a new one.`;
}
