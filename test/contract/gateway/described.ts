import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Operation } from '@missions/contracts/rest/operation.ts';
import type { ApiResponse } from '@missions/test-support/api.ts';
import { product } from '@missions/test-support/shared-product.ts';

type Json = Record<string, unknown>;

/** The description that the product itself serves, which callers make their clients from. */
export async function served(): Promise<Json> {
  const { origin } = await product();
  return (await (await fetch(`${origin}/openapi.json`)).json()) as Json;
}

/**
 * A check that a response matches the description of its operation and status in `/openapi.json`. Every object is
 * closed for it: an undescribed member is a mistake too, though readers must accept it. Problem documents may bear
 * members of their own (RFC 9457 section 3.2).
 */
export async function description(): Promise<
  (answer: ApiResponse, operation: Pick<Operation, 'method' | 'path' | 'id'>) => void
> {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  ajv.addSchema(closed(await served()) as Json, 'served');
  const compiled = new Map<string, ValidateFunction>();
  return ({ status, headers, body, text }, { id, method, path }) => {
    const type = headers.get('content-type')?.split(';', 1)[0] ?? '';
    const schema = type === 'text/event-stream' ? ['schema', 'contentSchema'] : ['schema'];
    const pointer = ['paths', path, method, 'responses', String(status), 'content', type, ...schema]
      .map(escaped)
      .join('/');
    const validate = compiled.get(pointer) ?? ajv.compile({ $ref: `served#/${pointer}` });
    compiled.set(pointer, validate);
    if (!validate(body))
      throw new Error(`${id} answered ${status} ${text.slice(0, 500)}, and ${ajv.errorsText(validate.errors)}`);
  };
}

const escaped = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

function closed(node: unknown, name = ''): unknown {
  if (Array.isArray(node)) return node.map((item) => closed(item));
  if (node === null || typeof node !== 'object') return node;
  const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, closed(value, key)]));
  const isClosable =
    copy['type'] === 'object' && typeof copy['properties'] === 'object' && copy['additionalProperties'] === undefined;
  return isClosable && name !== 'Problem' ? { ...copy, additionalProperties: false } : copy;
}
