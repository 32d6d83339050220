import { expect } from 'chai';
import { answerKey, serviceConfig } from './config.ts';

const [one, two] = ['7d0c9b5e2f1a48637d0c9b5e2f1a4863', '1b6f0a9c4e7d38521b6f0a9c4e7d3852'];
const least = { DATABASE_URL: 'postgres://mission@127.0.0.1/missions', NATS_URL: 'nats://127.0.0.1:4222' };
const keys = { CALLER_KEY: one, SCHEDULER_CALLER_KEY: one, ANSWER_KEY: one };
const config = serviceConfig({ answerKey });

describe('the keys of a service', () => {
  it('are required, and all that are missing are named at once', () => {
    expect(() => config(least)).to.throw(
      /CALLER_KEY is required.*\n.*SCHEDULER_CALLER_KEY is required.*\n.*ANSWER_KEY/,
    );
  });

  it('may be two during a rotation, the new one first, and no more', () => {
    expect(config({ ...least, ...keys, CALLER_KEY: `${one}, ${two}` }).callerKey).to.deep.equal([one, two]);
    for (const wrong of [`${one},`, `${one},${two},${one}`])
      expect(() => config({ ...least, ...keys, CALLER_KEY: wrong }), wrong).to.throw('CALLER_KEY');
  });

  it('must be long and random where others than this machine can reach NATS, each of two', () => {
    const away = { ...least, NATS_URL: 'nats://mission:p@nats:4222' };
    expect(config({ ...away, ...keys }).answerKey).to.deep.equal([one]);
    expect(() => config({ ...away, ...keys, ANSWER_KEY: 'short' })).to.throw('ANSWER_KEY must have at least 32');
    const wellKnown = `${two},changeme-changeme-changeme-changeme`;
    expect(() => config({ ...away, ...keys, SCHEDULER_CALLER_KEY: wellKnown })).to.throw(
      'SCHEDULER_CALLER_KEY must be random, not a well-known text, because NATS_URL is not loopback',
    );
    expect(config({ ...least, ...keys, ANSWER_KEY: 'short' }).answerKey).to.deep.equal(['short']);
    expect(() => config({ ...least, ...keys, ANSWER_KEY: 'short', NODE_ENV: 'production' })).to.throw('32 characters');
  });
});
