import { boolean, type Env, integer, secret, url } from '@missions/runtime/config.ts';
import { serviceConfig } from '@missions/service-kit/config.ts';

const settings = (env: Env) => ({
  /** Where runs are pushed to. Without it agents have to claim runs. */
  pushUrl: url('AGENT_PUSH_URL', {
    optional: true,
    protocols: env['NODE_ENV'] === 'production' ? ['https:'] : ['https:', 'http:'],
  }),
  pushSecret: secret('AGENT_PUSH_SECRET', { optional: true, minLength: 24 }),
  /** Whether AGENT_PUSH_URL may lead into a private network. */
  pushAllowPrivate: boolean('AGENT_PUSH_ALLOW_PRIVATE', { default: false }),
  /** Runs of one customer that may be claimed at the same time. */
  runsPerCustomer: integer('RUNS_PER_CUSTOMER', { default: 10, min: 1, max: 1_000 }),
});

export const schedulerConfig = (env: Env = process.env) => {
  const config = serviceConfig(settings(env), ({ pushUrl, pushSecret }) =>
    pushUrl !== undefined && pushSecret === undefined
      ? ['AGENT_PUSH_SECRET is required with AGENT_PUSH_URL: pushed runs are signed with it']
      : [],
  )(env);
  const { pushUrl, pushSecret, pushAllowPrivate } = config;
  if (pushUrl === undefined || pushSecret === undefined) return { ...config, push: undefined };
  return { ...config, push: { url: pushUrl, secret: pushSecret, allowPrivate: pushAllowPrivate } };
};
