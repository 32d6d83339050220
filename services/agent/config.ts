import {
  boolean,
  ConfigError,
  type Env,
  integer,
  oneOf,
  readConfig,
  secret,
  string,
  url,
} from '@missions/runtime/config.ts';
import { logLevels } from '@missions/runtime/logger.ts';

const http = { protocols: ['http:', 'https:'], optional: true } as const;

/** @throws ConfigError */
export function agentConfig(env: Env = process.env) {
  const config = readConfig(env, {
    port: integer('AGENT_PORT', { default: 8004, min: 0, max: 65_535 }),
    /** Loopback by default; a container sets `0.0.0.0`. */
    host: string('HOST', { default: '127.0.0.1' }),
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
    defaultUserId: string('DEFAULT_USER_ID', { default: 'default' }),
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
  });
  const { modelBaseUrl, modelApiKey, modelName } = config;
  const hasModel = modelBaseUrl !== undefined || modelApiKey !== undefined;
  if (hasModel && modelName === undefined)
    throw new ConfigError(['MODEL_NAME is required with MODEL_API_KEY or MODEL_BASE_URL']);
  if (!hasModel && modelName !== undefined)
    throw new ConfigError([
      'MODEL_API_KEY (or MODEL_BASE_URL, of an endpoint that needs no key) is required with MODEL_NAME',
    ]);
  return { ...config, hasModel, runs: config.runs ?? hasModel };
}

export type AgentConfig = ReturnType<typeof agentConfig>;
