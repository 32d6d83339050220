import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import {
  boolean,
  callersSecrets,
  type Config,
  ConfigError,
  integer,
  natsUrl,
  oneOf,
  postgresUrl,
  readConfig,
  secret,
  signingKeys,
  string,
  telemetryRequested,
  url,
} from './config.ts';

const spec = {
  port: integer('PORT', { default: 8003, min: 0, max: 65535 }),
  databaseUrl: url('DATABASE_URL', { protocols: ['postgres:', 'postgresql:'] }),
  jwksUrl: url('OIDC_JWKS_URL', { optional: true }),
  level: oneOf('LOG_LEVEL', ['info', 'debug'], { default: 'info' }),
  push: boolean('PUSH', { default: false }),
  customer: string('DEFAULT_CUSTOMER_ID', { default: 'default' }),
  secret: secret('HUB_SERVICE_SECRET', { default: 'local', minLength: 16 }),
};
const DATABASE_URL = 'postgres://u:p@h/db';

/** Compiles only if the types of the settings are exact. */
const typed = (
  config: Config<typeof spec>,
): { port: number; jwksUrl: string | undefined; level: 'info' | 'debug'; push: boolean } => config;

const problems = (env: Record<string, string>): readonly string[] => {
  try {
    readConfig(env, spec);
    return [];
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
};

describe('the configuration', () => {
  it('uses the default of a variable that is unset or empty', () => {
    expect(typed(readConfig({ DATABASE_URL, PORT: '' }, spec))).to.deep.equal({
      port: 8003,
      databaseUrl: DATABASE_URL,
      jwksUrl: undefined,
      level: 'info',
      push: false,
      customer: 'default',
      secret: 'local',
    });
  });

  it('reads a secret, and a URL with a password, from the file that its variable with _FILE names', () => {
    const folder = mkdtempSync(join(tmpdir(), 'missions-config-'));
    const [file, none] = [join(folder, 'secret'), join(folder, 'none')];
    writeFileSync(file, `${DATABASE_URL}\n`);
    try {
      const of = { database: postgresUrl('DATABASE_URL', {}), keys: signingKeys('CALLER_KEY') };
      const env = { DATABASE_URL_FILE: file, CALLER_KEY_FILE: file };
      expect(readConfig(env, of)).to.deep.equal({ database: DATABASE_URL, keys: [DATABASE_URL] });
      expect(() => readConfig({ ...env, CALLER_KEY: 'x' }, of)).to.throw(
        'CALLER_KEY is set, and so is CALLER_KEY_FILE',
      );
      expect(() => readConfig({ ...env, CALLER_KEY_FILE: none }, of)).to.throw('CALLER_KEY_FILE, which cannot be read');
      writeFileSync(file, '\n');
      expect(() => readConfig(env, of)).to.throw('DATABASE_URL_FILE, which is empty');
      // What is no secret is not looked for in files.
      expect(() => readConfig({ NAME_FILE: file }, { name: string('NAME', {}) })).to.throw('NAME is required');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const [text, refusal] of [
    ['postgres://u:p@one:5432,two:5433/db', undefined],
    ['postgres://u:p@one,two,three/db?sslmode=verify-full', undefined],
    ['postgres://u@/db?host=/run/postgresql', undefined],
    ['postgres:///db?host=/run/postgresql', undefined],
    ['postgres://u:p@one:port,two/db', 'must be a URL'],
    ['mysql://u:p@one,two/db', 'must start with postgres://'],
    ['one,two', 'must be a URL'],
  ] as const)
    it(`${refusal === undefined ? 'takes' : 'refuses'} ${text} as servers of PostgreSQL`, () => {
      const read = () => readConfig({ DATABASE_URL: text }, { url: postgresUrl('DATABASE_URL', {}) }).url;
      if (refusal === undefined) expect(read()).to.equal(text);
      else expect(read).to.throw(`DATABASE_URL ${refusal}`);
    });

  for (const [text, refusal] of [
    ['nats://u:p@one:4222,nats://two:4222', undefined],
    ['tls://one, tls://two', undefined],
    ['nats://one,two', 'must be a URL'],
    ['nats://one,http://two', 'must start with nats://'],
  ] as const)
    it(`${refusal === undefined ? 'takes' : 'refuses'} ${text} as servers of NATS`, () => {
      const read = () => readConfig({ NATS_URL: text }, { url: natsUrl('NATS_URL', {}) }).url;
      if (refusal === undefined) expect(read()).to.equal(text);
      else expect(read).to.throw(`NATS_URL ${refusal}`);
    });

  it('takes one secret of callers, or two while it is exchanged, each as strong as one', () => {
    const of = { secrets: callersSecrets('HUB_SERVICE_SECRET', { minLength: 16 }) };
    const read = (HUB_SERVICE_SECRET: string) => readConfig({ NODE_ENV: 'production', HUB_SERVICE_SECRET }, of).secrets;
    const [old, next] = ['0123456789abcdef', 'fedcba9876543210'];
    expect(read(old)).to.deep.equal([old]);
    expect(read(`${next}, ${old}`)).to.deep.equal([next, old]);
    expect(() => read(`${next},short`)).to.throw('HUB_SERVICE_SECRET must have at least 16 characters');
    expect(() => read(`${next},`)).to.throw('HUB_SERVICE_SECRET is required');
    expect(() => read(`${next},${old},${old}`)).to.throw('HUB_SERVICE_SECRET must be one secret, or two');
    expect(() => readConfig({}, of)).to.throw('HUB_SERVICE_SECRET is required');
  });

  it('reads each kind of setting', () => {
    const config = readConfig(
      { DATABASE_URL, PORT: '0', LOG_LEVEL: 'debug', PUSH: 'yes', OIDC_JWKS_URL: 'https://a/b' },
      spec,
    );
    expect(config).to.include({ port: 0, level: 'debug', push: true, jwksUrl: 'https://a/b' });
  });

  it('reports every problem at once', () => {
    expect(problems({ PORT: '80 03', LOG_LEVEL: 'loud', PUSH: 'maybe', OIDC_JWKS_URL: 'a/b' })).to.deep.equal([
      'PORT must be a whole number from 0 to 65535',
      'DATABASE_URL is required',
      'OIDC_JWKS_URL must be a URL',
      'LOG_LEVEL must be one of info, debug',
      'PUSH must be true or false',
    ]);
    expect(problems({ DATABASE_URL: 'mysql://h/db', PORT: '65536' })).to.deep.equal([
      'PORT must be a whole number from 0 to 65535',
      'DATABASE_URL must start with postgres:// or postgresql://',
    ]);
  });

  it('never prints a value', () => {
    const env = {
      PORT: 's3cret',
      DATABASE_URL: 'mysql://u:s3cret@h',
      LOG_LEVEL: 's3cret',
      HUB_SERVICE_SECRET: 's3cret',
      PUSH: 's3cret',
      NODE_ENV: 'production',
    };
    expect(problems(env)).to.have.lengthOf(5);
    expect(new ConfigError(problems(env)).message).to.not.contain('s3cret');
  });

  describe('in production', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL };

    it('accepts no default secret, not even if it is set explicitly', () => {
      expect(problems(production)).to.deep.equal(['HUB_SERVICE_SECRET is required in production']);
      expect(problems({ ...production, HUB_SERVICE_SECRET: 'local' })[0]).to.contain('refused in production');
    });

    it('requires secrets of a minimum length', () => {
      expect(problems({ ...production, HUB_SERVICE_SECRET: 'short' })[0]).to.contain('at least 16 characters');
      expect(problems({ ...production, HUB_SERVICE_SECRET: 'long-enough-to-be-one' })).to.deep.equal([]);
    });

    it('may require a setting that is otherwise optional', () => {
      const optional = { key: string('KEY', { optional: true, requiredInProduction: true }) };
      expect(readConfig({}, optional)).to.deep.equal({ key: undefined });
      expect(() => readConfig({ NODE_ENV: 'production' }, optional)).to.throw('KEY is required in production');
    });
  });
});

describe('telemetry', () => {
  it('is requested by the variables of OpenTelemetry', () => {
    expect(telemetryRequested({})).to.equal(false);
    expect(telemetryRequested({ OTEL_EXPORTER_OTLP_ENDPOINT: '' })).to.equal(false);
    expect(telemetryRequested({ OTEL_TRACES_EXPORTER: 'none' })).to.equal(false);
    expect(telemetryRequested({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:4318' })).to.equal(true);
    expect(telemetryRequested({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://h:4318' })).to.equal(true);
    expect(telemetryRequested({ OTEL_TRACES_EXPORTER: 'console' })).to.equal(true);
    expect(telemetryRequested({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://h:4318', OTEL_SDK_DISABLED: 'true' })).to.equal(
      false,
    );
  });
});
