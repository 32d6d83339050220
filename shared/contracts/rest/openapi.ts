import { component } from '../components.ts';
import type { ErrorCode } from '../errors.ts';
import { type Operation, pathParameters } from './operation.ts';
import { ProblemDocument } from './problem.ts';

type Schema = Record<string, unknown>;

/** What any call may be refused for, beside its own refusals. */
const common: readonly ErrorCode[] = ['VALIDATION_FAILED', 'UNAUTHENTICATED', 'UNAVAILABLE', 'TIMEOUT'];

/**
 * The OpenAPI 3.1 document of a list of operations. Schemas with an `$id` become components, referred to by name; `statusOf` is the
 * gateway's problem map, handed in because statuses are decided there.
 */
export function openapi(operations: readonly Operation[], statusOf: (code: ErrorCode) => number, version: string): Schema {
  const schemas: Record<string, Schema> = {};
  const paths: Record<string, Record<string, unknown>> = {};
  for (const it of operations) {
    const byStatus = new Map<number, ErrorCode[]>();
    for (const code of [...common, ...it.refusals]) byStatus.set(statusOf(code), [...(byStatus.get(statusOf(code)) ?? []), code]);
    (paths[it.path] ??= {})[it.method] = {
      operationId: it.id,
      tags: [it.tag],
      summary: it.summary,
      ...(it.description && { description: it.description }),
      parameters: [...pathParameters(it.path).map(inPath), ...inQuery(it.query), ...headersOf(it)],
      ...(it.body && { requestBody: { required: true, content: { 'application/json': { schema: component(it.body, schemas) } } } }),
      responses: {
        [it.status]: { description: 'done', ...(it.status !== 204 && { content: { 'application/json': { schema: component(it.answer, schemas) } } }) },
        ...Object.fromEntries([...byStatus].map(([status, codes]) => [status, { description: codes.join(', '), content: problem }])),
      },
    };
  }
  component(ProblemDocument, schemas);
  return {
    openapi: '3.1.0',
    info: { title: 'Missions', version, description: 'The durable memory and conscience of AI agents.', license: { name: 'MIT', identifier: 'MIT' } },
    jsonSchemaDialect: 'https://json-schema.org/draft/2020-12/schema',
    security: [{ bearer: [] }],
    paths,
    components: { schemas, securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
  };
}

const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };

const inPath = (name: string): Schema => ({ name, in: 'path', required: true, schema: { type: 'string', format: 'uuid' } });

/** Lists travel comma-separated: OpenAPI's `form` style without `explode`. */
function inQuery(query: unknown): Schema[] {
  const { properties = {}, required = [] } = (query ?? {}) as { properties?: Record<string, Schema>; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
    ...(schema['type'] === 'array' && { style: 'form', explode: false }),
  }));
}

function headersOf(it: Operation): Schema[] {
  const header = (name: string, description: string): Schema => ({ name, in: 'header', required: false, description, schema: { type: 'string', maxLength: 255 } });
  return [
    header('X-Customer-ID', 'the customer, for the trusted backend; default: the configured one'),
    header('X-Agent-Instance-ID', 'the agent that calls'),
    ...(it.method === 'post' ? [header('Idempotency-Key', 'the same key and body gives the first answer again, for 24 h')] : []),
    ...(it.conditional ? [header('If-Match', "the ETag of the mission as you saw it; refused with VERSION_MISMATCH when it has changed")] : []),
  ];
}
