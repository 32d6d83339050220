import { type Static, Type } from 'typebox';
import { closed, Nullable, Uuid } from '../fields.ts';
import { hourMembers } from '../hours.ts';
import { defineRequest } from '../request.ts';

/** How much agents may do without their user in a day, and when (specification section 3.7). */
const Amount = Type.String({ pattern: '^(0|[1-9][0-9]{0,9})(\\.[0-9]{1,6})?$', description: '12.50' });
export const Cost = Type.Object(
  { amount: Amount, currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217: EUR' }) },
  closed,
);

const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000_000 });
/** Totals of the run so far, of the cost in its currency: a heartbeat that is repeated counts nothing twice. */
export const Usage = Type.Object(
  { input_tokens: Count, output_tokens: Count, cost: Type.Optional(Cost) },
  { ...closed, description: 'what the run has used so far, in total' },
);
export type Usage = Static<typeof Usage>;

const TimeZone = Type.String({ minLength: 1, maxLength: 64, description: 'IANA: Europe/Berlin' });
/** Runs are given out within these hours only. Equal times are a whole day. */
const WorkingHours = Type.Object(
  { ...hourMembers, zone: TimeZone },
  { ...closed, description: 'when runs may begin: the weekdays are those on which the hours begin' },
);
export type WorkingHours = Static<typeof WorkingHours>;

const bounds = {
  max_runs_per_day: Nullable(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  max_tokens_per_day: Nullable(Count),
  max_cost_per_day: Nullable(Cost),
  hours: Nullable(WorkingHours),
};
export const Limits = Type.Object(bounds, { $id: 'Limits' });
export type Limits = Static<typeof Limits>;
export const LimitsBody = Type.Object(
  {
    max_runs_per_day: Type.Optional(bounds.max_runs_per_day),
    max_tokens_per_day: Type.Optional(bounds.max_tokens_per_day),
    max_cost_per_day: Type.Optional(bounds.max_cost_per_day),
    hours: Type.Optional(bounds.hours),
  },
  closed,
);

/** Those of all users of a customer together. Its day begins in its own zone, whatever the zones of its users are. */
export const CustomerLimits = Type.Object({ ...bounds, time_zone: TimeZone }, { $id: 'CustomerLimits' });
export type CustomerLimits = Static<typeof CustomerLimits>;
export const CustomerLimitsBody = Type.Object(
  {
    ...LimitsBody.properties,
    time_zone: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: 'where the day of my customer begins; default UTC' }),
    ),
  },
  closed,
);

export const UsageFilter = Type.Object(
  {
    days: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 35, description: 'how many, today among them; default 30' }),
    ),
  },
  closed,
);
const Tokens = Type.Integer({ minimum: 0 });
const used = {
  input_tokens: Tokens,
  output_tokens: Tokens,
  costs: Type.Array(Type.Object({ amount: Type.String(), currency: Type.String() }), {
    description: 'one of each currency, in decimal notation',
  }),
};
/** What was used by then, as it was reported. */
export const Used = Type.Object(used);
export type Used = Static<typeof Used>;
export const UsedDay = Type.Object({
  date: Type.String({ format: 'date', description: 'a day of my time zone' }),
  /** Runs that were given to agents. */
  runs: Type.Integer({ minimum: 0 }),
  ...used,
});
export type UsedDay = Static<typeof UsedDay>;
export const UsedDays = Type.Object({ days: Type.Array(UsedDay) }, { $id: 'UsedDays' });

/** Requests of the gateway. The user is the caller's, whose mission it is; without a mission they are the user's own. */
export const readLimits = defineRequest(
  'scheduler',
  'limits',
  Type.Object({ mission_id: Type.Optional(Uuid) }, closed),
  Limits,
);
export const changeLimits = defineRequest(
  'scheduler',
  'change_limits',
  Type.Object({ mission_id: Type.Optional(Uuid), limits: LimitsBody }, closed),
  Limits,
);
/** Of the caller's customer, by its trusted backend. */
export const readCustomerLimits = defineRequest(
  'scheduler',
  'customer_limits',
  Type.Object({}, closed),
  CustomerLimits,
);
export const changeCustomerLimits = defineRequest(
  'scheduler',
  'change_customer_limits',
  CustomerLimitsBody,
  CustomerLimits,
);
/** What agents used for the user in each of the latest days. */
export const readUsage = defineRequest('scheduler', 'usage', UsageFilter, UsedDays);
/** In which zone the user's day begins. */
export const noteZone = defineRequest(
  'scheduler',
  'note_zone',
  Type.Object({ time_zone: Nullable(Type.String({ minLength: 1, maxLength: 64 })) }, closed),
  Type.Object({}),
);
