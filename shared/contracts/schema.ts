import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Static, TSchema } from 'typebox';
import { type FieldError, Problem } from './errors.ts';

/**
 * Compiled validation of everything that crosses a boundary: one Ajv for JSON, one that coerces the strings of a query.
 * `Type.Enum` (a JSON Schema `enum`) is preferred to unions of literals: it validates faster and its message lists the choices.
 */
const options = { allErrors: true, strict: true, allowUnionTypes: true, verbose: true, discriminator: true } as const;
const plain = new Ajv2020(options);
const coercing = new Ajv2020({ ...options, coerceTypes: true });
for (const ajv of [plain, coercing]) formats.default(ajv, ['date-time', 'uuid', 'email', 'uri']);

/** At most this many mistakes are reported: enough to mend a call, bounded whatever was sent. */
const MAX_REPORTED = 20;

export type Parse<T> = (input: unknown) => T;

/**
 * Compiles a schema once, at start. The parser answers the value itself (typed), or throws a `VALIDATION_FAILED` problem
 * whose `errors` name each field.
 */
export function parser<Schema extends TSchema>(schema: Schema, from: 'json' | 'query' = 'json'): Parse<Static<Schema>> {
  const validate = (from === 'json' ? plain : coercing).compile<Static<Schema>>(schema);
  return (input) => {
    if (validate(input)) return input as Static<Schema>;
    throw invalid((validate.errors ?? []).slice(0, MAX_REPORTED).map(fieldError));
  };
}

export function invalid(errors: FieldError[]): Problem {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more; see errors)` : '';
  return new Problem('VALIDATION_FAILED', first ? `${first.path || 'the body'}: ${first.message}${more}` : 'The input is not valid.', { errors });
}

function fieldError(error: ErrorObject): FieldError {
  const at = error.instancePath;
  const name = (part: unknown) => `${at}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const field = error.params['additionalProperty'] ?? error.params['unevaluatedProperty'];
      const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
      return { path: name(field), message: known.length ? `unknown field; known fields are ${known.join(', ')}` : 'unknown field' };
    }
    case 'required':
      return { path: name(error.params['missingProperty']), message: 'is required' };
    case 'enum':
      return { path: at, message: `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}` };
    case 'maxLength':
    case 'minLength':
      return { path: at, message: `must have ${error.keyword === 'maxLength' ? 'at most' : 'at least'} ${error.params['limit']} characters` };
    default:
      return { path: at, message: error.message ?? 'is not valid' };
  }
}
