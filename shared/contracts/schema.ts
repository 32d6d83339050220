import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import type { Static, TSchema } from 'typebox';
import { DISCRIMINATED_BY } from './discriminated-body.ts';
import { type FieldError, Problem } from './errors.ts';

/**
 * Validation of all data that crosses a boundary: one Ajv for JSON, one that coerces the strings of a query. An `$id` only names a component of the OpenAPI and AsyncAPI documents. Ajv ignores it, because the strict and
 * the tolerant form of a schema have the same one. `Type.Enum` (a JSON Schema `enum`) is preferred to unions of
 * literals: it validates faster and its message lists the choices.
 */
const options = {
  allErrors: true,
  strict: true,
  allowUnionTypes: true,
  verbose: true,
  discriminator: true,
  addUsedSchema: false,
} as const;
const plain = new Ajv2020(options);
const coercing = new Ajv2020({ ...options, coerceTypes: true });
for (const ajv of [plain, coercing]) {
  ajv.addVocabulary([DISCRIMINATED_BY]);
  formats.default(ajv, ['uuid', 'email', 'uri']);
  ajv.addFormat('date-time', isTime);
}

/** Hours end at 23: `Date` reads 24:00 as the next day. */
const TIME = /^\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/**
 * RFC 3339, limited to times that can be stored and returned unchanged: a `timestamptz` cannot hold a leap second, and
 * the text form cannot hold a year before 1 or after 9999.
 */
export function isTime(text: string): boolean {
  if (!TIME.test(text)) return false;
  const [, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  const at = new Date(text);
  // `Date` rolls 30 February over into March instead of refusing it.
  const rolled = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  const isDay = rolled.getUTCMonth() + 1 === month && rolled.getUTCDate() === day;
  return isDay && at.getUTCFullYear() >= 1 && at.getUTCFullYear() <= 9999;
}

/**
 * Most mistakes that are reported: enough to correct a call, and a bound on the size of the response whatever was sent.
 */
const MAX_REPORTED = 20;

export type Parse<T> = (input: unknown) => T;

/**
 * Compiles a schema once, for its first input: a process uses some of the schemas that it imports, and all of them took
 * a fifth of the processor time of its start. The parser returns the value itself (typed), or throws a `VALIDATION_FAILED`
 * problem whose `errors` name each field.
 */
export function parser<Schema extends TSchema>(schema: Schema, from: 'json' | 'query' = 'json'): Parse<Static<Schema>> {
  const { [DISCRIMINATED_BY]: member, anyOf } = schema as { [DISCRIMINATED_BY]?: string; anyOf?: [TSchema, TSchema] };
  if (member !== undefined && anyOf) {
    const [first, second] = [parser(anyOf[0], from), parser(anyOf[1], from)];
    return (input) =>
      (input !== null && typeof input === 'object' && member in input ? first : second)(input) as Static<Schema>;
  }
  let validate: ValidateFunction<Static<Schema>> | undefined;
  return (input) => {
    validate ??= (from === 'json' ? plain : coercing).compile<Static<Schema>>(schema);
    if (validate(input)) return input as Static<Schema>;
    const errors = withoutNull(validate.errors ?? [])
      .slice(0, MAX_REPORTED)
      .map(fieldError);
    // A query is flat: its parameters are given by name, not by JSON Pointer.
    throw invalid(from === 'query' ? errors.map((error) => ({ ...error, path: error.path.slice(1) })) : errors);
  };
}

/**
 * The mistakes by a schema that a caller has brought, and that is used once: the validator forgets it. Its unknown
 * field is named as in every other body.
 * @throws Error for a schema that contradicts itself
 */
export function faultsOf(schema: object, input: unknown): FieldError[] {
  const validator = new Ajv2020({ ...options, discriminator: false });
  formats.default(validator, ['uuid', 'email', 'uri']);
  validator.addFormat('date-time', isTime);
  const validate = validator.compile(schema);
  return validate(input) ? [] : (validate.errors ?? []).slice(0, MAX_REPORTED).map(fieldError);
}

export function invalid(errors: FieldError[]): Problem {
  const first = errors[0];
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more; see errors)` : '';
  return new Problem(
    'VALIDATION_FAILED',
    first ? `${first.path || 'the body'}: ${first.message}${more}` : 'The input is not valid.',
    { errors },
  );
}

/**
 * A nullable value is a union of a schema and null. If another value is sent, the caller meant the schema: of the three
 * errors (the schema's own, "must be null", "must match a schema in anyOf") only the first is kept.
 */
function withoutNull(errors: readonly ErrorObject[]): ErrorObject[] {
  const choices = errors.filter((error) => error.keyword === 'anyOf' && nullIn(error) !== -1);
  if (choices.length === 0) return [...errors];
  const at = (path: string, error: ErrorObject): string => `${error.instancePath} ${path}`;
  const nulls = new Set(choices.map((choice) => at(`${choice.schemaPath}/${nullIn(choice)}/type`, choice)));
  const others = new Set(choices.map((choice) => at(`${choice.schemaPath}/${1 - nullIn(choice)}/type`, choice)));
  return errors
    .filter((error) => !choices.includes(error) && !nulls.has(at(error.schemaPath, error)))
    .map((error) =>
      others.has(at(error.schemaPath, error))
        ? { ...error, message: `${error.message ?? 'is not valid'} or null` }
        : error,
    );
}

/** Index of the null schema in a union of two; -1 if there is none, or the union has not exactly two members. */
function nullIn({ schema }: ErrorObject): number {
  const branches = schema as readonly { readonly type?: unknown }[];
  return branches.length === 2 ? branches.findIndex(({ type }) => type === 'null') : -1;
}

function fieldError(error: ErrorObject): FieldError {
  const at = error.instancePath;
  const name = (part: unknown) => `${at}/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  switch (error.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const field = error.params['additionalProperty'] ?? error.params['unevaluatedProperty'];
      const known = Object.keys((error.parentSchema as { properties?: object } | undefined)?.properties ?? {});
      return {
        path: name(field),
        message: known.length ? `unknown field; known fields are ${known.join(', ')}` : 'unknown field',
      };
    }
    case 'required':
      return { path: name(error.params['missingProperty']), message: 'is required' };
    case 'enum':
      return { path: at, message: `must be one of ${(error.params['allowedValues'] as unknown[]).join(', ')}` };
    // The description of a schema with a pattern is an example of a matching text, which helps a caller more than the
    // expression.
    case 'pattern': {
      const { description } = (error.parentSchema ?? {}) as { description?: string };
      return {
        path: at,
        message: description === undefined ? (error.message ?? 'is not valid') : `must look like ${description}`,
      };
    }
    case 'format':
      return { path: at, message: formOf(error) };
    case 'const':
      return { path: at, message: `must be ${JSON.stringify(error.params['allowedValue'])}` };
    case 'maxLength':
    case 'minLength':
      return {
        path: at,
        message: `must have ${error.keyword === 'maxLength' ? 'at most' : 'at least'} ${error.params['limit']} characters`,
      };
    default:
      return { path: at, message: error.message ?? 'is not valid' };
  }
}

/** What a text of a format looks like, by an example: the format's name alone helps nobody to write one. */
const EXAMPLES: Readonly<Record<string, string>> = {
  'date-time':
    'must be a time that exists, with its offset from UTC, like 2027-01-31T09:00:00Z or 2027-01-31T10:00:00+01:00',
  uuid: 'must look like 01a22422-e2fd-716d-87d1-16183a017aa0',
  email: 'must look like sarah@example.com',
  uri: 'must look like https://example.com/path',
};

function formOf({ params, data, message = 'is not valid' }: ErrorObject): string {
  if (params['format'] === 'date-time' && /[Tt][\d:.]+ \d\d:\d\d$/.test(String(data)))
    return 'has a space before its offset: in a query, write + as %2B, like 2027-01-31T10:00:00%2B01:00';
  return EXAMPLES[params['format'] as string] ?? message;
}
