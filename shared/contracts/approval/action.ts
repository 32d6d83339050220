import { type Static, Type } from 'typebox';
import { closed } from '../fields.ts';

/**
 * What a question says will be done if it is approved (specification section 3.5). `type` names what is done, for
 * example `send_email`; the other fields are the asker's own.
 */
export type Action = { readonly type: string } & Readonly<Record<string, unknown>>;
export const Action = Type.Unsafe<Action>({
  type: 'object',
  required: ['type'],
  properties: { type: { type: 'string', minLength: 1, maxLength: 100 } },
  description: 'what will be done if approved: `type`, and whatever else it takes',
});

const count = Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000 }));
const Words = Type.Optional(Type.String({ maxLength: 500 }));

/** No `pattern`: an expression can be made that takes years to compare. */
const EditableField = Type.Object(
  {
    type: Type.Enum(['string', 'number', 'integer', 'boolean', 'array']),
    title: Words,
    description: Words,
    enum: Type.Optional(
      Type.Array(Type.Unsafe<string | number>({ type: ['string', 'number'] }), { minItems: 1, maxItems: 100 }),
    ),
    format: Type.Optional(Type.Enum(['email', 'uri', 'uuid', 'date-time'])),
    minLength: count,
    maxLength: count,
    minimum: Type.Optional(Type.Number()),
    maximum: Type.Optional(Type.Number()),
    items: Type.Optional(
      Type.Object(
        {
          type: Type.Literal('string'),
          format: Type.Optional(Type.Enum(['email', 'uri', 'uuid', 'date-time'])),
          maxLength: count,
        },
        closed,
      ),
    ),
    minItems: count,
    maxItems: count,
  },
  closed,
);
export type EditableField = Static<typeof EditableField>;

/** Which top-level fields of the action the user may change, and to what: a flat JSON Schema. */
export const Edits = Type.Object(
  {
    type: Type.Literal('object'),
    properties: Type.Record(Type.String(), EditableField, { minProperties: 1, maxProperties: 50 }),
    additionalProperties: Type.Optional(Type.Literal(false)),
  },
  {
    ...closed,
    description:
      'which top-level fields of action the user may change: {"type": "object", "properties": {"amount": ' +
      '{"type": "number", "maximum": 500}}}',
  },
);
export type Edits = Static<typeof Edits>;

/** The action with what its user changed. */
export const withEdits = (action: Action, edits: Readonly<Record<string, unknown>>): Action => ({
  ...action,
  ...edits,
});

interface Choice {
  readonly id: string;
}
const REFUSALS = ['reject', 'refuse', 'deny', 'decline', 'cancel', 'no'];
const refuses = (id: string): boolean => REFUSALS.includes(id.toLowerCase());

/**
 * The option of a question with an action that lets it be done: `approve`, else `yes`, else the first that does not
 * say no. Every other option refuses.
 */
export const approvingOption = (options: readonly Choice[]): string | null =>
  (
    options.find(({ id }) => id === 'approve') ??
    options.find(({ id }) => id === 'yes') ??
    options.find(({ id }) => !refuses(id))
  )?.id ?? null;

/** Whether the choice lets be done what the question is about; without an action, whatever does not say no. */
export const approves = (
  { action, options }: { readonly action?: Action | null; readonly options: readonly Choice[] },
  chosen: string | null,
): boolean => chosen !== null && (action ? chosen === approvingOption(options) : !refuses(chosen));

/** The options of a question with an action that brings none of its own. */
export const approvalOptions = [
  { id: 'approve', label: 'Approve' },
  { id: 'reject', label: 'Reject' },
] as const;
