import { expect } from 'chai';
import { readSettings } from './config.ts';
import { services } from './services.ts';

const gateway = { variable: 'PORT', port: 8003, host: '127.0.0.1', wasChosen: false };
const mail = { variable: 'INBOUND_SMTP_PORT', port: 2525, host: '127.0.0.1', wasChosen: false };
const noSettings = Object.fromEntries(services.map(({ name }) => [name, {}]));

describe('the settings of npm start', () => {
  it('have defaults for an empty environment', () => {
    const { ports, ...settings } = readSettings({}, '/clone');
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
    const settings = readSettings(env, '/clone');
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
    const { perService, inherited } = readSettings(
      { OIDC_CUSTOMER_CLAIM: '', OIDC_ISSUER: '', SMTP_URL: '' },
      '/clone',
    );
    expect(perService).to.deep.equal({ ...noSettings, gateway: { OIDC_CUSTOMER_CLAIM: '' } });
    expect(inherited).to.deep.equal({});
  });

  it('are refused if invalid, by an error that names each variable and no value', () => {
    const wrong = { PORT: '70000', DATABASE_URL: 'mysql://me:hush@db', NATS_URL: 'nats://one:4222,hush' };
    expect(() => readSettings(wrong, '/clone'))
      .to.throw()
      .with.property('message')
      .that.matches(/PORT .*\n.*DATABASE_URL .*\n.*NATS_URL /)
      .and.does.not.contain('hush');
  });
});
