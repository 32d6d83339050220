import { type Operation, pathParameters } from './operation.ts';
import { isForUsers } from './operations.ts';

type Schema = Record<string, unknown>;

/** What parameters mean whose schema does not say it, by their names: the same everywhere. */
const meanings: Record<string, string> = {
  mission_id: "the mission's id",
  task_id: "the task's id, of this mission",
  request_id: "the input request's id",
  run_id: "the run's id",
  tracking_id: "the e-mail's id, as sending it answered",
  user_id: 'the user whose missions these are; on what is read by its id, it must be this user’s',
  agent_id: 'missions that this agent created',
  status: 'any of these, comma-separated: `status=active,waiting`',
  priority: 'any of these, comma-separated',
  phase: 'any of these, comma-separated',
  blocked_by: 'missions that wait for this `kind:reference`',
  due_before: 'missions that are due before this time',
  updated_since: 'missions that changed at this time or later',
  needs_attention: 'missions with a pending question or a failed task, stale ones, and those that the system paused',
  deleted: 'missions that were deleted and can be restored',
  include_tasks: 'with their tasks',
  include_recent_events: 'with that many of their newest events',
  include_events: 'how many of the newest events; default 5',
  sort: 'default `-created_at`; `-` is descending',
  order: 'by sequence; default `asc`, the oldest first',
  limit: 'of one page; default 50',
};

const header = (
  name: string,
  description: string,
  schema: Schema = { type: 'string', maxLength: 255 },
): [string, Schema] => [name, { name, in: 'header', required: false, description, schema }];

/** Headers that callers may send, once for all operations. */
export const headerParameters: Record<string, Schema> = Object.fromEntries([
  header(
    'X-Customer-ID',
    'The customer, named by the trusted backend; default: the configured one. An agent’s key is bound to its own.',
  ),
  header('X-User-ID', 'The user, where no `user_id` names one; for a trusted backend that acts for its user.'),
  header('X-Agent-Instance-ID', 'The agent that calls, where no `agent_id` names it.'),
  header('X-Request-ID', 'Names the call in logs; made when none is sent. Returned.', {
    type: 'string',
    maxLength: 128,
    pattern: '^[\\w.:/+=@-]+$',
  }),
  header('traceparent', 'W3C trace context, carried through to the events that the call causes. Returned.', {
    type: 'string',
    examples: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  }),
  header(
    'Idempotency-Key',
    'The same key and body gives the first answer again, for 24 h, also when both are sent at once.',
    { type: 'string', minLength: 1, maxLength: 255 },
  ),
  header(
    'If-Match',
    'The `ETag` of the mission as you saw it: refused with `VERSION_MISMATCH` when it has changed since.',
    { type: 'string', examples: ['"7"'] },
  ),
  header('Last-Event-ID', 'The id of the last event that was received: what has happened since is told first.', {
    type: 'string',
    format: 'uuid',
  }),
  header('X-Run', '`<run id>:<fence>` of the run that writes: refused with `LEASE_LOST` once its lease is another’s.', {
    type: 'string',
  }),
]);

const reference = (name: string): Schema => ({ $ref: `#/components/parameters/${name}` });

/** Path, query and headers of an operation. */
export function parametersOf(it: Operation): Schema[] {
  const forUsers = isForUsers(it);
  return [
    ...pathParameters(it.path).map((name) => ({
      name,
      in: 'path',
      required: true,
      description: meanings[name],
      schema: { type: 'string', format: 'uuid' },
    })),
    ...inQuery(it.query),
    ...['X-Customer-ID', 'X-User-ID', ...(forUsers ? [] : ['X-Agent-Instance-ID']), 'X-Request-ID', 'traceparent'].map(
      reference,
    ),
    ...(it.method === 'post' && !it.repeatable ? [reference('Idempotency-Key')] : []),
    ...(it.conditional ? [reference('If-Match')] : []),
    ...(it.events ? [reference('Last-Event-ID')] : []),
    ...(it.method === 'get' || it.fenced || forUsers ? [] : [reference('X-Run')]),
  ];
}

/** Lists travel comma-separated: OpenAPI's `form` style without `explode`. */
function inQuery(query: unknown): Schema[] {
  const { properties = {}, required = [] } = (query ?? {}) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description = meanings[name], ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description: name === 'mission_id' ? 'those of this mission' : description,
    schema,
    ...(schema['type'] === 'array' && { style: 'form', explode: false }),
  }));
}
