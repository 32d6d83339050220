import type { UserResponseTo } from '@missions/client/user-client.ts';
import { type Weekday, textIn, weekdays } from './wishes.ts';

export type Bounds = UserResponseTo<'getMyLimits'>;

const numberIn = (form: FormData, name: string): number | null => {
  const text = textIn(form, name);
  return text === '' ? null : Number(text);
};

/** What a form says, as the call takes it: a field that is left empty bounds nothing. */
export function boundsIn(form: FormData): Bounds {
  const amount = textIn(form, 'amount').replace(',', '.');
  const days = form.getAll('weekday');
  return {
    max_runs_per_day: numberIn(form, 'runs'),
    max_tokens_per_day: numberIn(form, 'tokens'),
    max_cost_per_day: amount === '' ? null : { amount, currency: textIn(form, 'currency').toUpperCase() },
    // Without a day there are none.
    hours:
      form.get('hours') === null || days.length === 0
        ? null
        : {
            from: textIn(form, 'from'),
            to: textIn(form, 'to'),
            weekdays: (Object.keys(weekdays) as Weekday[]).filter((day) => days.includes(day)),
            zone: textIn(form, 'zone'),
          },
  };
}

/** What was spent, each currency by itself. */
export const costsIn = (costs: readonly { readonly amount: string; readonly currency: string }[]): string =>
  costs.map(({ amount, currency }) => `${amount} ${currency}`).join(', ');
