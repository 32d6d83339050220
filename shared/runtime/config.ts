import { readFileSync } from 'node:fs';
import { hostsOf } from './server-lists.ts';

/**
 * Reads a service's settings from environment variables (specification section 9), each declared once with its kind:
 *
 *     readConfig(process.env, {
 *       port: integer('PORT', { default: 8003, min: 0, max: 65535 }),
 *       databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }),
 *       secret: secret('HUB_SERVICE_SECRET', { default: 'local', minLength: 16 }),
 *       jwksUrl: url('OIDC_JWKS_URL', { optional: true }),
 *     })
 *
 * All problems are reported at once, so that an operator can correct them together. No value is ever printed: a secret
 * pasted into the wrong variable would end up in the log. An empty variable counts as unset, because compose files pass
 * unset variables on as empty ones.
 */
export type Env = Readonly<Record<string, string | undefined>>;

export interface Setting<T> {
  variable: string;
  /** An empty variable is a value of its own, unlike an unset one. */
  mayBeEmpty?: true;
  /** The value may stand in a file, which `<variable>_FILE` names: a secret that no list of processes shows. */
  mayBeInFile?: boolean;
  /** Returns the value. @throws InvalidSetting that says what the value must be. */
  read(text: string | undefined, production: boolean): T;
}

export type Config<Spec extends Record<string, Setting<unknown>>> = {
  [Name in keyof Spec]: Spec[Name] extends Setting<infer T> ? T : never;
};

/** Without `default` or `optional` the variable is required. */
export interface Presence<T> {
  default?: T;
  /** The setting is undefined if the variable is unset. */
  optional?: true;
  /** `default` and `optional` do not hold in production (NODE_ENV=production). */
  requiredInProduction?: true;
}

type Read<T, P> = P extends { optional: true } ? T | undefined : T;

export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

class InvalidSetting extends Error {}

/**
 * @param check returns the problems of settings that are valid each but not together. It gets those that could be read.
 * @throws ConfigError that names every missing or wrong variable.
 */
export function readConfig<Spec extends Record<string, Setting<unknown>>>(
  env: Env,
  spec: Spec,
  check: (config: Partial<Config<Spec>>, production: boolean) => readonly string[] = () => [],
): Config<Spec> {
  const production = env['NODE_ENV'] === 'production';
  const problems: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(spec)) {
    try {
      const text = setting.mayBeInFile ? textOrFile(env, setting.variable) : env[setting.variable];
      values[name] = setting.read(setting.mayBeEmpty ? text : text || undefined, production);
    } catch (error) {
      if (!(error instanceof InvalidSetting)) throw error;
      problems.push(`${setting.variable} ${error.message}`);
    }
  }
  problems.push(...check(values as Partial<Config<Spec>>, production));
  if (problems.length > 0) throw new ConfigError(problems);
  return values as Config<Spec>;
}

/**
 * What a variable holds, or the file that `<variable>_FILE` names, without the white space around it. The file is read
 * once, at the start. @throws InvalidSetting
 */
function textOrFile(env: Env, variable: string): string | undefined {
  const [text, file] = [env[variable], env[`${variable}_FILE`]];
  if (!file) return text;
  if (text) throw new InvalidSetting(`is set, and so is ${variable}_FILE: set one of them`);
  let read: string;
  try {
    read = readFileSync(file, 'utf8').trim();
  } catch {
    throw new InvalidSetting(`is to be read from the file of ${variable}_FILE, which cannot be read`);
  }
  if (read === '') throw new InvalidSetting(`is to be read from the file of ${variable}_FILE, which is empty`);
  return read;
}

/** Whether a setting that may be in a file is set at all, for rules about settings that need each other. */
export const isSet = (env: Env, variable: string): boolean => Boolean(env[variable] || env[`${variable}_FILE`]);

export function string<P extends Presence<string>>(variable: string, presence: P): Setting<Read<string, P>>;
export function string(variable: string): Setting<string>;
export function string(variable: string, presence: Presence<string> = {}): Setting<string | undefined> {
  return setting(variable, presence, (text) => text);
}

/** A text that is switched off by setting its variable to nothing: the setting is then empty. */
export const textOrNothing = (variable: string, presence: { default: string }): Setting<string> => ({
  ...string(variable, presence),
  mayBeEmpty: true,
});

export function integer<P extends Presence<number> & { min?: number; max?: number }>(
  variable: string,
  options: P,
): Setting<Read<number, P>> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options;
  const range =
    options.max === undefined ? (options.min === undefined ? '' : ` of at least ${min}`) : ` from ${min} to ${max}`;
  return setting<number, P>(variable, options, (text) => {
    const value = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) throw new InvalidSetting(`must be a whole number${range}`);
    return value;
  });
}

/** `true`/`false`, `1`/`0`, `yes`/`no`, `on`/`off`. */
export function boolean<P extends Presence<boolean>>(variable: string, presence: P): Setting<Read<boolean, P>> {
  return setting<boolean, P>(variable, presence, (text) => {
    if (/^(true|1|yes|on)$/i.test(text)) return true;
    if (/^(false|0|no|off)$/i.test(text)) return false;
    throw new InvalidSetting('must be true or false');
  });
}

export function oneOf<const T extends string, P extends Presence<NoInfer<T>>>(
  variable: string,
  choices: readonly T[],
  presence: P,
): Setting<Read<T, P>> {
  return setting<T, P>(variable, presence, (text) => {
    const choice = choices.find((one) => one === text);
    if (choice === undefined) throw new InvalidSetting(`must be one of ${choices.join(', ')}`);
    return choice;
  });
}

/**
 * An absolute URL, returned as it was written. `protocols` have their colon, e.g. `['https:']`;
 * `protocolsInProduction` narrows them there. One that holds a password may be in a file.
 */
export function url<
  P extends Presence<string> & {
    protocols?: readonly string[];
    protocolsInProduction?: readonly string[];
    mayBeInFile?: boolean;
  },
>(variable: string, options: P): Setting<Read<string, P>> {
  const read = setting<string, P>(variable, options, (text, production) => {
    requireUrl(text, options, production);
    return text;
  });
  return options.mayBeInFile ? { ...read, mayBeInFile: true } : read;
}

function requireUrl(
  text: string,
  options: { protocols?: readonly string[]; protocolsInProduction?: readonly string[] },
  production: boolean,
): void {
  const protocols = (production && options.protocolsInProduction) || options.protocols;
  const wanted = protocols?.map((protocol) => `${protocol}//`).join(' or ');
  if (!URL.canParse(text)) throw new InvalidSetting(`must be a URL${wanted ? ` that starts with ${wanted}` : ''}`);
  if (protocols && !protocols.includes(new URL(text).protocol))
    throw new InvalidSetting(
      `must start with ${wanted}${options.protocolsInProduction && production ? ' in production' : ''}`,
    );
}

/** The URL of a server of NATS, or those of several of one cluster, separated by commas. */
export function natsUrl<P extends Presence<string>>(variable: string, presence: P): Setting<Read<string, P>> {
  const read = setting<string, P>(variable, presence, (text, production) => {
    for (const one of text.split(',')) requireUrl(one.trim(), { protocols: ['nats:', 'tls:'] }, production);
    return text;
  });
  return { ...read, mayBeInFile: true };
}

/**
 * The URL of PostgreSQL: `postgres://role:password@one:5432,two:5432/database`, of which the one that takes writes is
 * used, or `postgres://role@/database?host=/run/postgresql` for a socket.
 */
export function postgresUrl<P extends Presence<string>>(variable: string, presence: P): Setting<Read<string, P>> {
  const read = setting<string, P>(variable, presence, (text, production) => {
    for (const { url } of hostsOf(text))
      requireUrl(url.replace(/@\/(?=[^/])/, '@socket/'), { protocols: ['postgres:', 'postgresql:'] }, production);
    return text;
  });
  return { ...read, mayBeInFile: true };
}

/**
 * In production a secret has no default, must differ from the default of development, and has at least `minLength`
 * characters.
 */
export function secret<P extends Presence<string> & { minLength?: number; mayBeInFile?: false }>(
  variable: string,
  options: P,
): Setting<Read<string, P>> {
  const { default: wellKnown, minLength = 1 } = options;
  const strict = setting<string, { requiredInProduction: true }>(variable, { requiredInProduction: true }, (text) => {
    if (text === wellKnown) throw new InvalidSetting('is the well-known default, which is refused in production');
    if (text.length < minLength) throw new InvalidSetting(`must have at least ${minLength} characters in production`);
    return text;
  });
  const relaxed = setting<string, P>(variable, options, (text) => text);
  return {
    variable,
    mayBeInFile: options.mayBeInFile ?? true,
    read: (text, production) =>
      (production && (text !== undefined || wellKnown !== undefined) ? strict : relaxed).read(text, production),
  };
}

/**
 * A secret that callers send. Two, separated by a comma, are a rotation: both open the door, so that the callers need
 * not change at the same moment.
 */
export const callersSecrets = (variable: string, { minLength }: { minLength: number }): Setting<readonly string[]> => {
  const one = secret(variable, { minLength, mayBeInFile: false });
  return {
    variable,
    mayBeInFile: true,
    read(text, production) {
      const secrets = text === undefined ? [undefined] : text.split(',').map((it) => it.trim() || undefined);
      if (secrets.length > 2) throw new InvalidSetting('must be one secret, or two (new, old) separated by a comma');
      return secrets.map((it) => one.read(it, production));
    },
  };
};

const SHORTEST_KEY = 32;

/**
 * A key that two services share to sign and verify. Two keys, separated by a comma, are a rotation: the first signs, and
 * both verify, so that the two services need not change at the same moment.
 */
export const signingKeys = (variable: string): Setting<readonly string[]> => ({
  variable,
  mayBeInFile: true,
  read(text, production) {
    const keys = (text ?? '').split(',').map((key) => key.trim());
    if (text === undefined || keys.includes('')) throw new InvalidSetting('is required: openssl rand -hex 24');
    if (keys.length > 2) throw new InvalidSetting('must be one key, or two (new, old) separated by a comma');
    if (production && keys.some((key) => key.length < SHORTEST_KEY))
      throw new InvalidSetting(`must have at least ${SHORTEST_KEY} characters in production`);
    return keys;
  },
});

function setting<T, P extends Presence<T>>(
  variable: string,
  presence: P,
  parse: (text: string, production: boolean) => T,
): Setting<Read<T, P>> {
  return {
    variable,
    read(text, production) {
      if (text !== undefined) return parse(text, production);
      const required = production && presence.requiredInProduction;
      if (!required && presence.default !== undefined) return presence.default;
      if (!required && presence.optional) return undefined as Read<T, P>;
      throw new InvalidSetting(required ? 'is required in production' : 'is required');
    },
  };
}

/**
 * Whether the environment requests OpenTelemetry. The SDK reads the `OTEL_*` variables itself; this only decides
 * whether to load the SDK.
 */
export function telemetryRequested(env: Env = process.env): boolean {
  if (env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return false;
  const exporter = (signal: string) => env[`OTEL_${signal}_EXPORTER`] || 'none';
  const endpoint = Object.keys(env).some((name) => /^OTEL_EXPORTER_OTLP_(\w+_)?ENDPOINT$/.test(name) && env[name]);
  return (
    endpoint ||
    Boolean(env['OTEL_CONFIG_FILE']) ||
    ['TRACES', 'METRICS', 'LOGS'].some((signal) => exporter(signal) !== 'none')
  );
}
