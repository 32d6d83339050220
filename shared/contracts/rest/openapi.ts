import { component } from '../components.ts';
import type { ErrorCode } from '../errors.ts';
import { answerHeaders, answersOf } from './answers.ts';
import { examples } from './examples.ts';
import type { Operation } from './operation.ts';
import { headerParameters, parametersOf } from './parameters.ts';
import { ProblemDocument } from './problem.ts';

type Schema = Record<string, unknown>;

/**
 * The OpenAPI 3.1 document of a list of operations. Schemas with an `$id` become components, referred to by name; `statusOf` is the
 * gateway's problem map, handed in because statuses are decided there.
 */
export function openapi(
  operations: readonly Operation[],
  statusOf: (code: ErrorCode) => number,
  version: string,
): Schema {
  const schemas: Record<string, Schema> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const it of operations) {
    const { body, answer } = examples[it.id] ?? {};
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
      responses: answersOf(it, statusOf, schemas, answer),
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
      headers: answerHeaders,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: credentials } },
    },
  };
}

const description = `A mission belongs to a user, is broken into tasks, waits for people and for things outside without holding anything open, and is
picked up again from any other conversation.

- **Errors** are problem documents (RFC 9457) with a stable \`code\`, a \`detail\` that says how to mend the call and, for bad input, \`errors\` that say what is wrong where. Unknown fields are an error.
- **Repeating**: send an \`Idempotency-Key\` with every \`POST\`; the same key and body gives the first answer again.
- **Concurrency**: a mission bears its version as \`ETag\`; a \`PATCH\` with \`If-Match\` is refused when the mission has changed.
- **Lists** come in pages: pass \`next_cursor\` as \`cursor\` until it is null. Pages survive what is added meanwhile.
- **Inbound mail** is taken at \`POST /hooks/inbound-email\`, where the operator has set a secret for it: a raw message (\`message/rfc822\`), signed as Standard Webhooks; for mail providers, not for callers. It answers \`{"matched": n}\`: 200 when the message belongs to n e-mails that were sent from here, 202 when it belongs to none and nothing is kept of it. Neither is to be sent again.
- An answer of 2xx to a write means that it is committed, and that its events will be delivered. Readers must ignore members that they do not know.`;

const credentials =
  'An agent’s own key or the trusted backend’s secret for `/api/internal`; a token of the identity provider, or the secret with `X-User-ID`, for `/api/v1`.';

const tags: readonly { name: string; description: string }[] = [
  { name: 'missions', description: 'What agents do: plan, work, wait, resume.' },
  { name: 'signals', description: 'What happens outside, for missions that wait for it, now or later.' },
  { name: 'input requests', description: 'Questions to the user. Only the user answers them.' },
  { name: 'e-mail', description: 'Mail whose replies move missions on. What is written back is a stranger’s word.' },
  { name: 'runs', description: 'Autonomous work, by one agent at a time, under a lease.' },
  { name: 'for users', description: 'What users see and do.' },
];
