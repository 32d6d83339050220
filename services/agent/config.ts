import { boolean, type Env, integer, isSet, oneOf, readConfig, secret, string, url } from '@missions/runtime/config.ts';
import { exposedSecrets } from '@missions/runtime/exposed-secrets.ts';
import { logLevels } from '@missions/runtime/logger.ts';

const http = { protocols: ['http:', 'https:'], optional: true } as const;

/** @throws ConfigError */
export function agentConfig(env: Env = process.env) {
  const settings = {
    port: integer('AGENT_PORT', { default: 8004, min: 0, max: 65_535 }),
    /** Loopback by default; a container sets `0.0.0.0`. */
    host: string('HOST', { default: '127.0.0.1' }),
    /** For operators: the details of `/readyz`, and `/metrics`. Those who chat do not reach this port. 0: a free one, see the log. */
    healthPort: integer('HEALTH_PORT', { default: 0, min: 0, max: 65_535 }),
    healthHost: oneOf('HEALTH_HOST', ['127.0.0.1', '0.0.0.0'], { default: '127.0.0.1' }),
    /** The gateway's address. */
    missionsUrl: url('MISSIONS_URL', { protocols: ['http:', 'https:'], default: 'http://127.0.0.1:8003' }),
    /** An agent's key, created with `missions keys create`: bound to one customer and agent. */
    missionsKey: secret('MISSIONS_KEY', {}),
    /**
     * The keys of those who may chat: a comma-separated list of keys, or of `sha256:<hex>` of keys, so that this
     * process need not hold the keys themselves.
     */
    apiKeys: secret('AGENT_API_KEYS', {}),
    /** The user of chats that name no user. */
    defaultUserId: string('DEFAULT_USER_ID', { default: 'me' }),
    modelProvider: oneOf('MODEL_PROVIDER', ['openai', 'anthropic'], { default: 'openai' }),
    modelBaseUrl: url('MODEL_BASE_URL', http),
    modelApiKey: secret('MODEL_API_KEY', { optional: true }),
    modelName: string('MODEL_NAME', { optional: true }),
    /** Limits of one turn or run. The tokens of all its model calls count, prompts included. */
    maxSteps: integer('AGENT_MAX_STEPS', { default: 16, min: 1, max: 200 }),
    maxSeconds: integer('AGENT_MAX_SECONDS', { default: 120, min: 1, max: 3_600 }),
    maxTokens: integer('AGENT_MAX_TOKENS', { default: 100_000, min: 100 }),
    /** Default: on with a model, off without one, so that built-in rules take no work from agents that can do it. */
    runs: boolean('AGENT_RUNS', { optional: true }),
    leaseSeconds: integer('AGENT_LEASE_SECONDS', { default: 30, min: 10, max: 900 }),
    logLevel: oneOf('LOG_LEVEL', logLevels, { default: 'info' }),
  };
  const namesModel = Boolean(env['MODEL_BASE_URL']) || isSet(env, 'MODEL_API_KEY');
  const config = readConfig(env, settings, ({ host, apiKeys, modelName }) => [
    ...(namesModel && modelName === undefined ? ['MODEL_NAME is required with MODEL_API_KEY or MODEL_BASE_URL'] : []),
    ...(!namesModel && modelName !== undefined
      ? ['MODEL_API_KEY (or MODEL_BASE_URL, of an endpoint that needs no key) is required with MODEL_NAME']
      : []),
    ...plainKeys(apiKeys).flatMap((key) => exposedSecrets(host, { 'AGENT_API_KEYS (each key)': key })),
  ]);
  const hasModel = config.modelBaseUrl !== undefined || config.modelApiKey !== undefined;
  return { ...config, hasModel, runs: config.runs ?? hasModel };
}

export type AgentConfig = ReturnType<typeof agentConfig>;

/** Digests tell nothing about their keys. */
const plainKeys = (list = ''): string[] =>
  list
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '' && !one.toLowerCase().startsWith('sha256:'));
