import { expect } from 'chai';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { gatewayConfig } from './config.ts';

const env = { NATS_URL: 'nats://h', HUB_SERVICE_SECRET: 'a-secret-of-the-tests', ...callerKeyEnv('gateway') };
const oidc = {
  OIDC_JWKS_URL: 'https://id.example/keys',
  OIDC_ISSUER: 'https://id.example',
  OIDC_AUDIENCE: 'missions',
};
const random = '7d0c9b5e2f1a48637d0c9b5e2f1a4863';

describe('the settings of the gateway', () => {
  it('require issuer and audience with a key set, named with all other problems', () => {
    expect(() => gatewayConfig({ ...env, PORT: 'x', OIDC_JWKS_URL: oidc.OIDC_JWKS_URL })).to.throw(
      /PORT[^]*OIDC_ISSUER is required[^]*OIDC_AUDIENCE is required/,
    );
    expect(() => gatewayConfig({ ...env, OIDC_JWKS_URL: 'nonsense' })).to.throw(
      /OIDC_JWKS_URL must[^]*OIDC_ISSUER is required/,
    );
    expect(gatewayConfig({ ...env, ...oidc })).to.include({ issuer: 'https://id.example', audience: 'missions' });
    expect(gatewayConfig(env)).to.include({ jwksUrl: undefined, customerClaim: 'customer_id' });
  });

  it('take key sets by https only in production', () => {
    const plain = { ...env, ...oidc, OIDC_JWKS_URL: 'http://id.example/keys' };
    expect(gatewayConfig(plain)).to.include({ jwksUrl: plain.OIDC_JWKS_URL });
    expect(() => gatewayConfig({ ...plain, NODE_ENV: 'production' })).to.throw(
      'OIDC_JWKS_URL must start with https:// in production',
    );
    expect(() => gatewayConfig({ ...env, ...oidc, NODE_ENV: 'production' })).not.to.throw();
  });

  it('name no claim of the customer only if that variable is set to nothing', () => {
    expect(gatewayConfig({ ...env, ...oidc, OIDC_CUSTOMER_CLAIM: '' }).customerClaim).to.equal('');
    expect(gatewayConfig({ ...env, ...oidc, OIDC_CUSTOMER_CLAIM: 'org_id' }).customerClaim).to.equal('org_id');
    expect(gatewayConfig({ ...env, ...oidc }).customerClaim).to.equal('customer_id');
  });

  it('refuse secrets that are short or well known unless HOST is loopback', () => {
    const weak = ['short', 'x'.repeat(31), 'changeme', 'changeme-changeme-changeme-changeme', 'a'.repeat(64)];
    weak.push('this-is-my-super-secret-service-password', '1234567890'.repeat(4));
    for (const secret of weak)
      for (const name of ['HUB_SERVICE_SECRET', 'INBOUND_EMAIL_SECRET']) {
        const set = { ...env, HUB_SERVICE_SECRET: random, [name]: secret };
        for (const HOST of ['0.0.0.0', '::', '10.0.0.7', 'gateway.example'])
          expect(() => gatewayConfig({ ...set, HOST }), `${name} ${secret} at ${HOST}`).to.throw(`${name} must`);
        for (const HOST of ['127.0.0.1', 'localhost', '::1'])
          expect(() => gatewayConfig({ ...set, HOST }), `${name} ${secret} at ${HOST}`).not.to.throw();
      }
    const HOST = '0.0.0.0';
    expect(() =>
      gatewayConfig({ ...env, HUB_SERVICE_SECRET: random, HOST, INBOUND_EMAIL_SECRET: `whsec_${random}` }),
    ).not.to.throw();
  });

  it('take an origin as the own address, and loopback with the port without one', () => {
    expect(gatewayConfig(env).publicUrl).to.equal('http://127.0.0.1:8003');
    expect(gatewayConfig({ ...env, PORT: '9000' }).publicUrl).to.equal('http://127.0.0.1:9000');
    expect(gatewayConfig({ ...env, PUBLIC_URL: 'https://missions.example/' }).publicUrl).to.equal(
      'https://missions.example',
    );
    for (const wrong of [
      'missions.example',
      'ftp://a.example',
      'https://a.example/b',
      'https://u:p@a.example',
      'https://a.example/?b',
    ])
      expect(() => gatewayConfig({ ...env, PUBLIC_URL: wrong }), wrong).to.throw('PUBLIC_URL must');
  });

  it('need client, secret, issuer and database together for signing in at a provider, which is asked by https', () => {
    const DATABASE_URL = 'postgres://h/d';
    const client = {
      OIDC_ISSUER: 'https://id.example',
      OIDC_CLIENT_ID: 'missions',
      OIDC_CLIENT_SECRET: 'their-secret',
    };
    const whole = { ...env, DATABASE_URL, ...client };
    expect(gatewayConfig(whole).signInAt).to.include({ issuer: 'https://id.example', clientId: 'missions' });
    expect(gatewayConfig({ ...env, OIDC_ISSUER: client.OIDC_ISSUER }).signInAt).to.equal(undefined);
    for (const name of ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET', 'DATABASE_URL'])
      expect(() => gatewayConfig({ ...whole, [name]: '' }), name).to.throw(`${name} is required with OIDC_CLIENT_`);
    const production = { ...whole, NODE_ENV: 'production', HUB_SERVICE_SECRET: random };
    for (const [name, key] of Object.entries(callerKeyEnv('gateway'))) Object.assign(production, { [name]: key });
    expect(() => gatewayConfig({ ...production, OIDC_ISSUER: 'http://id.example' })).to.throw('OIDC_ISSUER must start');
    expect(() => gatewayConfig({ ...production, OIDC_ISSUER: 'http://127.0.0.1:9' })).not.to.throw();
    expect(() => gatewayConfig({ ...whole, OIDC_ISSUER: 'nonsense' })).to.throw('OIDC_ISSUER must start');
  });

  it('never print a secret', () => {
    try {
      gatewayConfig({ ...env, HUB_SERVICE_SECRET: 'changeme-and-more', HOST: '0.0.0.0' });
      expect.fail('accepted');
    } catch (error) {
      expect((error as Error).message)
        .to.contain('HUB_SERVICE_SECRET')
        .and.not.contain('changeme-and-more');
    }
  });
});
