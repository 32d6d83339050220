import { statement } from '@missions/persistence/statement.ts';

/** What the agents of each user have used since the midnight (UTC) before so many days, most tokens first. */
export const usageOfUsers = statement(
  'scheduler.usage_of_users',
  `with since as materialized (
     select (date_trunc('day', now() at time zone 'UTC') - make_interval(days => $3::int - 1)) at time zone 'UTC' as at),
   spent as (select u.customer_id, u.user_id, u.currency, sum(u.input_tokens) as input, sum(u.output_tokens) as output,
       sum(u.cost) as cost
     from run_usage u where u.at >= (select at from since) and ($1::text is null or u.customer_id = $1)
       and ($2::text is null or u.user_id = $2) group by 1, 2, 3),
   used as (select customer_id, user_id, sum(input)::float8 as input_tokens, sum(output)::float8 as output_tokens,
       coalesce(json_agg(json_build_object('amount', cost::text, 'currency', currency) order by currency)
         filter (where currency <> ''), '[]') as costs
     from spent group by 1, 2),
   given as (select r.customer_id, r.user_id, count(*)::int as runs
     from run r where r.claimed_at >= (select at from since) and ($1::text is null or r.customer_id = $1)
       and ($2::text is null or r.user_id = $2) and (r.fence is not null or r.status = 'claimed') group by 1, 2)
   select customer_id, user_id, coalesce(runs, 0) as runs, coalesce(input_tokens, 0) as input_tokens,
          coalesce(output_tokens, 0) as output_tokens, coalesce(costs, '[]') as costs
     from given full join used using (customer_id, user_id)
    order by coalesce(input_tokens, 0) + coalesce(output_tokens, 0) desc, runs desc, customer_id, user_id limit $4::int`,
);

/** What the agents of these customers have used today (UTC), by the indexes of budgets. */
export const usageOfCustomers = statement(
  'scheduler.usage_of_customers',
  `with today as materialized (select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' as at)
   select c.customer_id, r.runs, coalesce(u.input, 0)::float8 as input_tokens, coalesce(u.output, 0)::float8 as output_tokens,
          coalesce(u.costs, '[]') as costs
     from unnest($1::text[]) as c (customer_id),
     lateral (select count(*)::int as runs from run r
        where r.customer_id = c.customer_id and r.claimed_at >= (select at from today)
          and (r.fence is not null or r.status = 'claimed')) r,
     lateral (select sum(input) as input, sum(output) as output,
          json_agg(json_build_object('amount', cost::text, 'currency', currency) order by currency)
            filter (where currency <> '') as costs
        from (select currency, sum(input_tokens) as input, sum(output_tokens) as output, sum(cost) as cost
          from run_usage where customer_id = c.customer_id and at >= (select at from today) group by currency) spent) u`,
);
