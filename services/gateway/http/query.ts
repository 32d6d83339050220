import type { TSchema } from 'typebox';
import { invalid } from '@missions/contracts/schema.ts';
import { textFault } from '@missions/contracts/text.ts';

/**
 * The query as an object for its schema. Lists are split at commas (`status=active,waiting`) and may be repeated; any
 * other parameter may occur once.
 * @throws Problem VALIDATION_FAILED for a parameter that is repeated, empty or not UTF-8.
 */
export function queryObject(text: string, schema: TSchema): Record<string, unknown> {
  const { properties = {} } = schema as { properties?: Record<string, { type?: unknown }> };
  const search = decoded(text);
  const query: Record<string, unknown> = {};
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name);
    const fault = values.map(textFault).find((found) => found !== null);
    if (fault) throw invalid([{ path: name, message: fault }]);
    if (properties[name]?.type === 'array')
      query[name] = values.flatMap((value) => value.split(',')).map((value) => value.trim());
    else if (values.length > 1) throw invalid([{ path: name, message: 'may be given once only' }]);
    else query[name] = values[0];
  }
  return query;
}

/** Refuses bytes that are not UTF-8, which `URLSearchParams` would replace. */
function decoded(text: string): URLSearchParams {
  try {
    decodeURIComponent(text);
  } catch {
    throw invalid([{ path: '', message: 'the query is not percent-encoded UTF-8' }]);
  }
  return new URLSearchParams(text);
}
