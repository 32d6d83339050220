import { expect } from 'chai';
import {
  boolean,
  type Config,
  ConfigError,
  integer,
  oneOf,
  readConfig,
  secret,
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
