import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { callerKeyVariables } from './caller-keys.ts';
import { readSettings } from './config.ts';
import { services } from './services.ts';

const gateway = { variable: 'PORT', port: 8003, host: '127.0.0.1', wasChosen: false };
const mail = { variable: 'INBOUND_SMTP_PORT', port: 2525, host: '127.0.0.1', wasChosen: false };
const noSettings = Object.fromEntries(services.map(({ name }) => [name, {}]));

describe('the settings of npm start', () => {
  it('have defaults for an empty environment', () => {
    const { ports, ...settings } = readSettings({}, '/clone').settings;
    expect(ports).to.deep.include.members([mail, gateway]);
    expect(settings).to.deep.equal({
      dataDir: '/clone/.data',
      host: '127.0.0.1',
      databaseUrl: undefined,
      natsUrl: undefined,
      natsSync: 'default',
      hubServiceSecret: undefined,
      inherited: {},
      perService: noSettings,
    });
  });

  it('reach the services that they are for, and no other', () => {
    const env = {
      DATA_DIR: 'here',
      PORT: '9000',
      DATABASE_URL: 'postgres://admin@db/missions',
      NATS_URL: 'nats://one:4222, nats://two:4222',
      NATS_SYNC: 'always',
      HUB_SERVICE_SECRET: 'hush',
      LOG_LEVEL: 'debug',
      AGENT_PUSH_SECRET: 'whisper',
      SMTP_URL: 'smtp://me:secret@mail',
    };
    const { settings } = readSettings(env, '/clone');
    expect(settings.ports).to.deep.include.members([mail, { ...gateway, port: 9000, wasChosen: true }]);
    expect(settings).to.deep.include({
      dataDir: '/clone/here',
      natsUrl: 'nats://one:4222, nats://two:4222',
      natsSync: 'always',
      hubServiceSecret: 'hush',
      inherited: { LOG_LEVEL: 'debug' },
      perService: {
        ...noSettings,
        scheduler: { AGENT_PUSH_SECRET: 'whisper' },
        'email-bridge': { SMTP_URL: 'smtp://me:secret@mail' },
      },
    });
  });

  it('pass on what is set to nothing only where that means something', () => {
    const env = { OIDC_CUSTOMER_CLAIM: '', OIDC_ISSUER: '', SMTP_URL: '' };
    const { perService, inherited } = readSettings(env, '/clone').settings;
    expect(perService).to.deep.equal({ ...noSettings, gateway: { OIDC_CUSTOMER_CLAIM: '' } });
    expect(inherited).to.deep.equal({});
  });

  it('take a secret from the file that its variable with _FILE names, and give no service that name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'missions-settings-'));
    const file = join(folder, 'secret');
    writeFileSync(file, 'hush-hush-hush\n');
    try {
      const read = readSettings({ HUB_SERVICE_SECRET_FILE: file, SMTP_ACCESS_TOKEN_FILE: file }, '/clone');
      expect(read.problems).to.deep.equal([]);
      expect(read.settings.hubServiceSecret).to.equal('hush-hush-hush');
      expect(read.settings.inherited).to.deep.equal({});
      // That one is read anew for each token, by the service itself.
      expect(read.settings.perService['email-bridge']).to.deep.equal({ SMTP_ACCESS_TOKEN_FILE: file });
      const wrong = {
        HUB_SERVICE_SECRET: 'x',
        HUB_SERVICE_SECRET_FILE: file,
        MODEL_API_KEY_FILE: join(folder, 'none'),
      };
      expect(readSettings(wrong, '/clone').problems.join('\n'))
        .to.match(/HUB_SERVICE_SECRET is set, and so is[^]*MODEL_API_KEY_FILE names a file that cannot be read/)
        .and.does.not.contain('hush');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuse the settings of a pooler, which are for single services', () => {
    const { problems } = readSettings({ DATABASE_POOLER: 'transaction' }, '/clone');
    expect(problems).to.deep.equal([
      'DATABASE_POOLER is for single services: with npm start, DATABASE_URL names PostgreSQL itself',
    ]);
  });

  it('name each invalid variable and no value', () => {
    const wrong = { PORT: '70000', DATABASE_URL: 'mysql://me:hush@db', NATS_URL: 'nats://one:4222,hush' };
    expect(readSettings(wrong, '/clone').problems.join('\n'))
      .to.match(/PORT .*\n.*DATABASE_URL .*\n.*NATS_URL /)
      .and.does.not.contain('hush');
  });

  /** What every service reads, or the launcher sets itself. */
  const common = ['DATA_DIR', 'HOST', 'HUB_SERVICE_SECRET', 'DATABASE_URL', 'NATS_URL', 'DEFAULT_CUSTOMER_ID', 'RELAY'];
  const ofServers = ['DATABASE_POOL', 'DATABASE_POOLER', 'DATABASE_DIRECT_URL', 'DATABASE_STATEMENT_TIMEOUT_MS'];
  const ofAll = [...common, ...ofServers, 'HEALTH_PORT', 'HEALTH_HOST', 'LOG_LEVEL', ...callerKeyVariables];
  for (const { name, port, settings = [] } of services)
    it(`reach the ${name} service, whatever its config.ts reads, and no other service`, () => {
      const source = readFileSync(new URL(`../../services/${name}/config.ts`, import.meta.url), 'utf8');
      const read = [...source.matchAll(/\b[a-z]\w+\('([A-Z][A-Z_]+)'/g)].map(([, variable]) => variable);
      const own = read.filter((variable) => !ofAll.includes(variable ?? '') && variable !== port?.variable);
      expect(settings).to.have.members([...new Set(own)]);
    });
});
