import { type Operation, pathParameters } from './operation.ts';
import { isForOperators, isForUsers } from './operations.ts';

type Schema = Record<string, unknown>;

/** Descriptions of parameters by name, for those whose schema has none. A name means the same in every operation. */
const meanings: Record<string, string> = {
  mission_id: "the mission's id",
  task_id: "the task's id, of this mission",
  request_id: "the input request's id",
  run_id: "the run's id",
  session_id: "the session's id",
  rule_id: "the rule's id",
  delegation_id: "the delegation's id",
  device_id: "the device's id",
  webhook_id: "the endpoint's id",
  delivery_id: "the delivery's id, of this endpoint",
  sequence: 'the number of the dead letter',
  tracking_id: "the e-mail's id, from the response of sendEmail",
  user_id: 'the user whose missions are meant; a resource addressed by its id must belong to this user',
  agent_id: 'only missions that this agent created',
  status: 'any of these, comma-separated: `status=active,waiting`',
  priority: 'any of these, comma-separated',
  phase: 'any of these, comma-separated',
  blocked_by: 'only missions that wait for this `kind:reference`',
  due_before: 'only missions that are due before this time',
  updated_since: 'only missions that changed at this time or later',
  needs_attention: 'only missions that a person should look at (`attention` says why), or only the others',
  deleted: 'only missions that were deleted and can be restored',
  include_tasks: 'include the tasks of each mission',
  include_recent_events: 'include this many of the newest events of each mission',
  include_events: 'number of newest events to include; default 5',
  sort: 'sort order; default `-created_at`; `-` means descending',
  order: 'order by sequence; default `asc`, the oldest first',
  limit: 'entries per page; default 50',
};

const header = (
  name: string,
  description: string,
  schema: Schema = { type: 'string', maxLength: 255 },
): [string, Schema] => [name, { name, in: 'header', required: false, description, schema }];

/** Request headers, declared once as components and referred to by every operation. */
export const headerParameters: Record<string, Schema> = Object.fromEntries([
  header(
    'X-Customer-ID',
    'The customer, for the trusted backend; default: the configured customer. An agent’s key is bound to its own customer.',
  ),
  header('X-User-ID', 'The user, if no `user_id` names one; for a trusted backend that acts for its user.'),
  header('X-Agent-Instance-ID', 'The calling agent, if no `agent_id` names it.'),
  header('X-Request-ID', 'Id of the call in the logs; generated if absent. Returned.', {
    type: 'string',
    maxLength: 128,
    pattern: '^[\\w.:/+=@-]+$',
  }),
  header('traceparent', 'W3C trace context, passed on to the events that the call causes. Returned.', {
    type: 'string',
    examples: ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
  }),
  header(
    'Idempotency-Key',
    'A repeated call with the same key and body gets the first response again, for 24 h, also when both are sent at once.',
    { type: 'string', minLength: 1, maxLength: 255 },
  ),
  header(
    'If-Match',
    'The `ETag` of the mission as you read it. The call is refused with `VERSION_MISMATCH` if the mission has changed since.',
    { type: 'string', examples: ['"7"'] },
  ),
  header(
    'If-None-Match',
    'The `ETag` of the mission as you read it. If the mission has not changed since, the response is 304 without a body.',
    { type: 'string', examples: ['"7"'] },
  ),
  header('Last-Event-ID', 'The id of the last event received; the stream starts with the events since then.', {
    type: 'string',
    format: 'uuid',
  }),
  header(
    'X-Run',
    '`<run id>:<fence>` of the run that writes. The call is refused with `LEASE_LOST` once the run has lost its lease.',
    {
      type: 'string',
    },
  ),
]);

const reference = (name: string): Schema => ({ $ref: `#/components/parameters/${name}` });

/** The `parameters` array of an operation: path, query and headers. */
export function parametersOf(it: Operation): Schema[] {
  const forUsers = isForUsers(it) || isForOperators(it);
  return [
    ...pathParameters(it.path).map((name) => ({
      name,
      in: 'path',
      required: true,
      description: meanings[name],
      schema: name === 'sequence' ? { type: 'integer', minimum: 1 } : { type: 'string', format: 'uuid' },
    })),
    ...inQuery(it.query),
    ...[
      ...(isForOperators(it) ? [] : ['X-Customer-ID', 'X-User-ID']),
      ...(forUsers ? [] : ['X-Agent-Instance-ID']),
      'X-Request-ID',
      'traceparent',
    ].map(reference),
    ...(it.method === 'post' && !it.repeatable ? [reference('Idempotency-Key')] : []),
    ...(it.conditional ? [reference('If-Match')] : []),
    ...(it.etag && it.method === 'get' ? [reference('If-None-Match')] : []),
    ...(it.events ? [reference('Last-Event-ID')] : []),
    ...(it.method === 'get' || it.fenced || forUsers ? [] : [reference('X-Run')]),
  ];
}

/** Query parameters. Lists are comma-separated: OpenAPI's `form` style without `explode`. */
function inQuery(query: unknown): Schema[] {
  const { properties = {}, required = [] } = (query ?? {}) as {
    properties?: Record<string, Schema>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description = meanings[name], ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    description: name === 'mission_id' ? 'only those of this mission' : description,
    schema,
    ...(schema['type'] === 'array' && { style: 'form', explode: false }),
  }));
}
