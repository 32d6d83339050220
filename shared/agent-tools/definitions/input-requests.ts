import { MissionsError } from '@missions/client/missions-error.ts';
import type { ResponseTo } from '@missions/client/client.ts';
import type { Action, Edits } from '@missions/contracts/approval/action.ts';
import { type InputRequest, urgencies } from '@missions/contracts/approval/input-request.ts';
import { Type } from 'typebox';
import { wholeInputRequestText } from '../rendering/input-requests.ts';
import { lines } from '../rendering/lines.ts';
import { type ToolContext, tool } from '../tool.ts';
import { anyObject, flag, hours, missionId, object, oneOf, optionalText, text, texts } from './fields.ts';

/** Below 60 s, after which MCP clients time a call out. */
export const MAX_WAIT_SECONDS = 50;

export const askUser = tool({
  name: 'mission_ask_user',
  title: 'Ask the user',
  description:
    'Ask the user for an approval, a choice or information; the mission (or one task) waits. Required ' +
    'before: unknown recipients, anything financial, bookings with outsiders, what cannot be undone. Then ' +
    'do exactly the effective_action of the answer. You cannot answer.',
  parameters: object({
    mission_id: missionId,
    prompt: optionalText('clear by itself'),
    options: Type.Optional(
      Type.Array(object({ id: text(), label: text(), description: optionalText() }), {
        description: 'default with action: approve, reject',
      }),
    ),
    allow_freeform: flag('own words; default true'),
    task_id: optionalText('that waits; default: the whole mission'),
    context: anyObject('what helps to decide'),
    action: anyObject('what will be done if approved: type and details'),
    irreversible: flag('cannot be undone'),
    edits: anyObject('JSON Schema: fields of action the user may change'),
    assignees: Type.Optional(texts('further users who may answer')),
    quorum: Type.Optional(Type.Number({ description: 'people who must approve' })),
    escalate_to: optionalText('user asked last'),
    urgency: Type.Optional(oneOf(urgencies)),
    expires_in_hours: hours('default 168'),
    default_option: optionalText('if nobody answers; never for approvals'),
    on_timeout: Type.Optional(oneOf(['fail', 'resume'], 'if nobody answers; default fail')),
    request_id: optionalText('instead of prompt: reads an earlier question'),
    withdraw: optionalText('reason: takes request_id back'),
    wait_seconds: Type.Optional(
      Type.Number({ minimum: 0, maximum: MAX_WAIT_SECONDS, description: 'up to 50; default 0' }),
    ),
  }),
  unoffered: ['allow_freeform'],
  scope: 'ask',
  effects: { readOnly: false, destructive: false, idempotent: false, openWorld: true },
  async run(context, { mission_id, request_id, wait_seconds = 0, prompt, withdraw, ...fields }) {
    if ((prompt === undefined) === (request_id === undefined)) throw invalidPrompt();
    if (request_id !== undefined && withdraw !== undefined)
      return withdrawn(context, { mission_id, request_id, reason: withdraw });
    if (request_id !== undefined)
      return resultOf(context, await readRequest(context, mission_id, request_id, wait_seconds));
    const { conversationId, client, write } = context;
    const asked = await client.askUser(
      mission_id,
      {
        prompt: prompt ?? '',
        ...bodyOf(fields),
        ...(conversationId !== undefined && { conversation_id: conversationId }),
      },
      write,
    );
    if (wait_seconds === 0) return resultOf(context, asked);
    // The input request exists already: its id must reach the model even if waiting for the response fails.
    const read = await readRequest(context, mission_id, asked.id, wait_seconds).catch(() => asked);
    return resultOf(context, { ...read, ...(asked.reach && { reach: asked.reach }) });
  },
});

interface Proposed {
  readonly action?: Record<string, unknown> | undefined;
  readonly edits?: Record<string, unknown> | undefined;
}

/** What the model says of its action is checked by the gateway, which says how to mend it. */
const bodyOf = <Fields extends Proposed>({ action, edits, ...fields }: Fields) => ({
  ...fields,
  ...(action && { action: action as Action }),
  ...(edits && { edits: edits as Edits }),
});

async function withdrawn(
  { client, conversationId, write }: ToolContext,
  {
    mission_id,
    request_id,
    reason,
  }: { readonly mission_id: string; readonly request_id: string; readonly reason: string },
): Promise<{ text: string; data: unknown }> {
  const body = { reason, ...(conversationId !== undefined && { conversation_id: conversationId }) };
  const data = await client.withdrawInputRequest(mission_id, request_id, body, write);
  const goesOn = data.task ? `Its task ${data.task.id} is ${data.task.status}. ` : '';
  return {
    text: `The question is taken back; nobody can answer it. ${goesOn}The mission is ${data.mission.status}.`,
    data,
  };
}

const readRequest = (
  { client, signal }: ToolContext,
  missionIdOf: string,
  requestId: string,
  wait: number,
): Promise<InputRequest> =>
  client.getInputRequest(missionIdOf, requestId, wait > 0 ? { wait } : {}, { ...(signal && { signal }) });

/** As asking answers it: with where the user can be told of it. */
type Asked = ResponseTo<'askUser'>;

function resultOf({ inputRequestUrl }: ToolContext, request: Asked): { text: string; data: Asked } {
  const { mission_id, id } = request;
  const where = inputRequestUrl
    ? ` at ${inputRequestUrl({ request_id: id, mission_id })}`
    : ', where they see what waits for them';
  const next =
    request.status === 'pending'
      ? `Next: tell the user that their answer is awaited${where}. Go on with other ready tasks or end your turn; the mission goes on when they answer. mission_ask_user {"mission_id": "${mission_id}", "request_id": "${id}"} reads the answer (wait_seconds waits up to ${MAX_WAIT_SECONDS} s).`
      : request.status === 'responded'
        ? 'Next: act on the answer, and record it with mission_update_task.'
        : 'Next: ask again if the answer still matters; do not go on without it.';
  const reach = request.status === 'pending' && request.reach ? reachText(request.reach.channels) : '';
  return { text: lines(wholeInputRequestText(request), reach, next), data: request };
}

const reachText = (channels: readonly string[]): string =>
  channels.length === 0
    ? 'The user is unreachable, neither by mail nor by push: only who looks at the page sees it. Tell them yourself if you talk to them; silence is no answer.'
    : `The user is also told by ${channels.join(' and ')} if they do not see it.`;

const invalidPrompt = (): MissionsError => {
  const errors = [
    { path: 'prompt', message: 'give prompt to ask, or request_id to read a question asked before, and not both' },
  ];
  return new MissionsError({
    code: 'VALIDATION_FAILED',
    detail: 'prompt or request_id',
    attempts: 0,
    problem: { errors },
  });
};
