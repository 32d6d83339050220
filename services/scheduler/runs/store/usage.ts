import type { UsedDay } from '@missions/contracts/scheduler/limits.ts';
import { statement } from '@missions/persistence/statement.ts';
import type { Tx } from '@missions/persistence/transaction.ts';
import { currentTime } from '../../store/sql-clock.ts';
import type { Owner } from './kill-switch.ts';

/** Days of the user's zone, as budgets count them: see `budgets.ts`. A claim that was given back is no run. */
const read = statement(
  'scheduler.usage_of_days',
  `with here as materialized (
     select zone, (${currentTime('$4')} at time zone zone)::date as today
       from (select coalesce((select z.zone from user_zone z where z.customer_id = $1 and z.user_id = $2), 'UTC') as zone) x),
   since as materialized (select zone, (today - ($3::int - 1))::timestamp at time zone zone as at from here),
   used as (
     select (u.at at time zone s.zone)::date as day, u.currency, sum(u.input_tokens) as input, sum(u.output_tokens) as output,
            sum(u.cost) as cost
       from run_usage u, since s
      where u.customer_id = $1 and u.user_id = $2 and u.at >= (select at from since) group by 1, 2),
   run_count as (
     select (r.claimed_at at time zone s.zone)::date as day, count(*)::int as runs
       from run r, since s
      where r.customer_id = $1 and r.user_id = $2 and r.claimed_at >= (select at from since)
        and (r.fence is not null or r.status = 'claimed') group by 1)
   select to_char(here.today - ago, 'YYYY-MM-DD') as date,
          coalesce((select c.runs from run_count c where c.day = here.today - ago), 0) as runs,
          coalesce((select sum(u.input) from used u where u.day = here.today - ago), 0)::float8 as input_tokens,
          coalesce((select sum(u.output) from used u where u.day = here.today - ago), 0)::float8 as output_tokens,
          coalesce((select json_agg(json_build_object('amount', u.cost::text, 'currency', u.currency) order by u.currency)
             from used u where u.day = here.today - ago and u.currency <> ''), '[]') as costs
     from here, generate_series(0, $3::int - 1) as ago order by ago`,
);

/** What agents have used for a user in each of the latest days, today first. */
export const usageOfDays = (
  tx: Tx,
  { customer_id, user_id }: Owner,
  days: number,
  virtualNow: Date | null,
): Promise<UsedDay[]> => tx.run<UsedDay>(read, [customer_id, user_id, days, virtualNow]);
