import { component } from '../components.ts';
import type { ErrorCode } from '../errors.ts';
import { responseHeaders, responsesOf } from './responses.ts';
import { examples } from './examples.ts';
import type { Operation } from './operation.ts';
import { isForOperators, isForUsers } from './operations.ts';
import { headerParameters, parametersOf } from './parameters.ts';
import { ProblemDocument } from './problem.ts';

type Schema = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of a list of operations. Schemas with an `$id` become components that are referred to by
 * name. HTTP statuses are decided in the gateway, which passes its mapping as `statusOf`.
 */
export function openapi(
  operations: readonly Operation[],
  statusOf: (code: ErrorCode) => number,
  version: string,
): Schema {
  const schemas: Record<string, Schema> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const it of operations) {
    const { body, response } = examples[it.id] ?? {};
    (paths[it.path] ??= {})[it.method] = {
      operationId: it.id,
      tags: [it.tag],
      summary: it.summary,
      ...(it.description && { description: it.description }),
      parameters: parametersOf(it),
      ...(it.body && {
        requestBody: {
          required: true,
          content: {
            'application/json': { schema: component(it.body, schemas), ...(body !== undefined && { example: body }) },
          },
        },
      }),
      responses: responsesOf(it, statusOf, schemas, response),
      ...((isForUsers(it) || isForOperators(it)) && { security: [{ bearer: [] }, { session: [] }] }),
      ...(it.scope && { security: [{ bearer: [it.scope] }] }),
    };
  }
  component(ProblemDocument, schemas);
  const used = new Set(operations.map((it) => it.tag));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Missions',
      version,
      summary: 'The durable memory and conscience of AI agents',
      description,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'this gateway' }],
    security: [{ bearer: [] }],
    tags: tags.filter(({ name }) => used.has(name)),
    paths,
    components: {
      schemas,
      parameters: headerParameters,
      headers: responseHeaders,
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: credentials },
        session: { type: 'apiKey', in: 'cookie', name: 'missions', description: session },
      },
    },
  };
}

const description = `A mission belongs to a user and is broken into tasks. It waits for people and for outside events without keeping a connection or a process, and can be
continued from any other conversation.

- **Errors** are problem documents (RFC 9457) with a stable \`code\`, a \`detail\` that says how to correct the call and, for invalid input, \`errors\` with one entry per mistake. Unknown fields are an error.
- **Repeating**: send an \`Idempotency-Key\` with every \`POST\`; a repeated call with the same key and body gets the first response again.
- **Concurrency**: the \`ETag\` of a mission is its version; a \`PATCH\` with \`If-Match\` is refused if the mission has changed.
- **Lists** are paged: pass \`next_cursor\` as \`cursor\` until it is null. Entries added meanwhile do not shift the pages.
- **Inbound mail** is accepted at \`POST /hooks/inbound-email\` if the operator has configured a secret: a raw message (\`message/rfc822\`), signed as Standard Webhooks specifies, or with its envelope (the form \`v2\` of the specification, section 5); for mail providers, not for API callers. The response is \`{"matched": n}\`: 200 when the message belongs to n e-mails that this system sent, 202 when it belongs to none and is not stored. Neither is to be sent again.
- **Durability**: a 2xx response to a write means that the change is committed and that its events will be delivered.
- **Compatibility**: readers must ignore members that they do not know.`;

const credentials =
  'An agent’s own key or the trusted backend’s secret for `/api/internal`; a token of the identity ' +
  'provider, or the secret with `X-User-ID`, for `/api/v1`. The name beside it in `security` is the scope ' +
  'that an agent’s key needs; other credentials need none.';

const session =
  'The session of a signed-in browser, for `/api/v1`; by https its name is `__Host-missions`. A write ' +
  'must come from a page of the product’s own address (`Sec-Fetch-Site`, `Origin`).';

const tags: readonly { name: string; description: string }[] = [
  { name: 'missions', description: 'The API for agents: plan, work, wait, resume.' },
  { name: 'signals', description: 'Outside events, for missions that wait for them now or later.' },
  { name: 'notifications', description: 'What waits for the user, for an agent that chats with them.' },
  { name: 'webhooks', description: 'Events for other programs of a customer; for the trusted backend alone.' },
  { name: 'input requests', description: 'Requests for the user’s input. Only the user can respond.' },
  { name: 'e-mail', description: 'E-mail whose replies continue missions. The text of a reply is untrusted.' },
  { name: 'runs', description: 'Autonomous work on a mission, by one agent at a time, under a lease.' },
  { name: 'for users', description: 'The API for users: their missions and input requests.' },
  { name: 'for operators', description: 'The API for people who operate the product, named by the configuration.' },
];
