import { expect } from 'chai';
import { readSettings } from './config.ts';

describe('the settings of npm start', () => {
  it('have defaults', () => {
    expect(readSettings({}, '/clone')).to.deep.equal({
      dataDir: '/clone/.data',
      gateway: { host: '127.0.0.1', port: 8003, portWasChosen: false },
      databaseUrl: undefined,
      natsUrl: undefined,
      hubServiceSecret: undefined,
      inherited: {},
    });
  });

  it('are read, and kept from the services unless they are everybody\'s', () => {
    const env = {
      DATA_DIR: 'here',
      PORT: '9000',
      DATABASE_URL: 'postgres://admin@db/missions',
      NATS_URL: 'nats://one:4222, nats://two:4222',
      HUB_SERVICE_SECRET: 'hush',
      LOG_LEVEL: 'debug',
    };
    expect(readSettings(env, '/clone')).to.deep.include({
      dataDir: '/clone/here',
      gateway: { host: '127.0.0.1', port: 9000, portWasChosen: true },
      natsUrl: 'nats://one:4222, nats://two:4222',
      hubServiceSecret: 'hush',
      inherited: { LOG_LEVEL: 'debug' },
    });
  });

  it('are refused with every problem named, and no value', () => {
    const wrong = { PORT: '70000', DATABASE_URL: 'mysql://me:hush@db', NATS_URL: 'nats://one:4222,hush' };
    expect(() => readSettings(wrong, '/clone'))
      .to.throw()
      .with.property('message')
      .that.matches(/PORT .*\n.*DATABASE_URL .*\n.*NATS_URL /)
      .and.does.not.contain('hush');
  });
});
