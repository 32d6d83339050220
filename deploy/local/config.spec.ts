import { readFileSync } from 'node:fs';
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

  it('name each invalid variable and no value', () => {
    const wrong = { PORT: '70000', DATABASE_URL: 'mysql://me:hush@db', NATS_URL: 'nats://one:4222,hush' };
    expect(readSettings(wrong, '/clone').problems.join('\n'))
      .to.match(/PORT .*\n.*DATABASE_URL .*\n.*NATS_URL /)
      .and.does.not.contain('hush');
  });

  /** What every service reads, or the launcher sets itself. */
  const common = ['DATA_DIR', 'HOST', 'HUB_SERVICE_SECRET', 'DATABASE_URL', 'NATS_URL', 'DEFAULT_CUSTOMER_ID', 'RELAY'];
  const ofAll = [...common, 'HEALTH_PORT', 'HEALTH_HOST', 'LOG_LEVEL', ...callerKeyVariables];
  for (const { name, port, settings = [] } of services)
    it(`reach the ${name} service, whatever its config.ts reads, and no other service`, () => {
      const source = readFileSync(new URL(`../../services/${name}/config.ts`, import.meta.url), 'utf8');
      const read = [...source.matchAll(/\b[a-z]\w+\('([A-Z][A-Z_]+)'/g)].map(([, variable]) => variable);
      const own = read.filter((variable) => !ofAll.includes(variable ?? '') && variable !== port?.variable);
      expect(settings).to.have.members([...new Set(own)]);
    });
});
