import { expect } from 'chai';
import type { TSchema } from 'typebox';
import { keyScopes } from '../key-scopes.ts';
import { parser } from '../schema.ts';
import { examples } from './examples.ts';
import { openapi } from './openapi.ts';
import type { Operation } from './operation.ts';
import { isForBackend, isForUsers, operations } from './operations.ts';

interface Parameter {
  name: string;
  in: string;
  description?: string;
}
interface Described {
  operationId: string;
  tags: string[];
  summary: string;
  security?: Record<string, string[]>[];
  parameters: (Parameter | { $ref: string })[];
  requestBody?: { content: { 'application/json': { example?: object } } };
  responses: Record<
    string,
    { description: string; headers: Record<string, unknown>; content?: Record<string, { example?: object }> }
  >;
}

const document = JSON.parse(JSON.stringify(openapi(operations, () => 400, '1.2.3'))) as {
  paths: Record<string, Record<string, Described>>;
  tags: { name: string; description: string }[];
};
const described = new Map(
  Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map((one) => [one.operationId, one] as const),
  ),
);
const of = (operation: Operation): Described => described.get(operation.id) as Described;

/** The node that a `$ref` points to, or the node itself if it is no reference. */
function resolved(node: unknown): unknown {
  const { $ref } = node as { $ref?: string };
  if ($ref === undefined) return node;
  return $ref
    .slice('#/'.length)
    .split('/')
    .reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], document);
}

describe('the OpenAPI document', () => {
  it('describes every operation', () => {
    expect([...described.keys()]).to.have.members(operations.map((one) => one.id));
    for (const one of described.values()) expect(one.summary, one.operationId).to.have.length.above(5);
    expect(document.tags.map((tag) => tag.name)).to.have.members([...new Set(operations.map((one) => one.tag))]);
  });

  it('contains the target of every reference', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, $ref]) => $ref);
    expect(references).not.to.be.empty;
    expect(references.filter(($ref) => resolved({ $ref }) === undefined)).to.deep.equal([]);
  });

  for (const operation of operations) {
    it(`describes every parameter of ${operation.id}`, () => {
      for (const parameter of of(operation).parameters.map(resolved) as Parameter[])
        expect(parameter.description, `${parameter.in} ${parameter.name}`).to.be.a('string').with.length.above(5);
    });

    it(`lists the request and response headers of ${operation.id}`, () => {
      const { parameters, responses } = of(operation);
      const sent = (parameters.map(resolved) as Parameter[])
        .filter((one) => one.in === 'header')
        .map((one) => one.name);
      expect(sent).to.include.members(['X-Customer-ID', 'X-Request-ID', 'traceparent']);
      expect(sent.includes('Idempotency-Key')).to.equal(operation.method === 'post' && !operation.repeatable);
      expect(sent.includes('If-Match')).to.equal(operation.conditional === true);
      const given = Object.keys(responses[operation.status]?.headers ?? {});
      expect(given).to.include.members(['X-Request-ID', 'traceparent']);
      expect(given.includes('Idempotency-Replayed')).to.equal(sent.includes('Idempotency-Key'));
      expect(given.includes('ETag')).to.equal(operation.etag === true);
    });
  }

  it('names one scope for each operation that an agent’s key can call, and none for the others', () => {
    for (const operation of operations) {
      const { security = [{ bearer: [] }], operationId } = of(operation);
      const scopes = security.flatMap((one) => Object.values(one).flat());
      if (isForUsers(operation) || isForBackend(operation)) expect(scopes, operationId).to.deep.equal([]);
      else {
        expect(scopes, operationId).to.have.length(1);
        expect(keyScopes, operationId).to.include(scopes[0]);
        expect(of(operation).responses['400']?.description, operationId).to.contain('`SCOPE_REQUIRED`');
      }
    }
  });

  it('lists WWW-Authenticate and Retry-After on the refusals that carry them', () => {
    const statuses = { UNAUTHENTICATED: 401, RATE_LIMITED: 429, UNAVAILABLE: 503 } as Record<string, number>;
    const { paths } = openapi(operations, (code) => statuses[code] ?? 400, '1.2.3') as unknown as typeof document;
    for (const { operationId, responses } of Object.values(paths).flatMap((methods) => Object.values(methods))) {
      expect(responses['401']?.headers, operationId).to.include.keys('WWW-Authenticate');
      for (const status of ['429', '503'])
        expect(responses[status]?.headers, operationId).to.include.keys('Retry-After');
    }
  });

  describe('its examples', () => {
    for (const [id, { body, response }] of Object.entries(examples)) {
      const operation = operations.find((one) => one.id === id);
      it(`of ${id} match its schemas`, () => {
        if (!operation) throw new Error(`there is no operation ${id}`);
        if (body) parser(operation.body as TSchema)(body);
        if (response) parser(closed(operation.response) as TSchema)(JSON.parse(JSON.stringify(response)));
        const { requestBody, responses } = of(operation);
        expect(requestBody?.content['application/json'].example).to.deep.equal(
          body && JSON.parse(JSON.stringify(body)),
        );
        expect(responses[operation.status]?.content?.['application/json']?.example).to.deep.equal(
          response && JSON.parse(JSON.stringify(response)),
        );
      });
    }

    it('exist for every operation whose body has members', () => {
      const withBody = operations.filter(
        (one) => Object.keys((one.body as { properties?: object } | undefined)?.properties ?? {}).length > 0,
      );
      expect(Object.keys(examples)).to.include.members(withBody.map((one) => one.id));
    });
  });
});

/** The schema with every object closed, so that an example may not have members that the schema does not describe. */
function closed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(closed);
  if (node === null || typeof node !== 'object') return node;
  const { $id: _name, ...rest } = node as Record<string, unknown>;
  const copy = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, closed(value)]));
  return copy['type'] === 'object' && copy['properties'] ? { ...copy, additionalProperties: false } : copy;
}
