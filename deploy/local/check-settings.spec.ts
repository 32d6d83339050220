import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { checkSettings } from './check-settings.ts';
import { readSettings } from './config.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

describe('the check of all settings before a start', () => {
  const refusal = (env: NodeJS.ProcessEnv): Promise<string> =>
    checkSettings(ROOT, readSettings({ PATH: process.env['PATH'], ...env }, ROOT)).then(
      () => 'none',
      ({ message }: Error) => message,
    );

  it('finds nothing wrong with no settings, and with good ones', async () => {
    expect(await refusal({})).to.equal('none');
    expect(await refusal({ MAIL_DOMAIN: 'mail.example.com', RUNS_PER_CUSTOMER: '3' })).to.equal('none');
  });

  it('names the problems of all services and of the launcher at once, each once, and no value', async () => {
    const wrong = {
      PORT: 'hush',
      NATS_SYNC: 'hush',
      LOG_LEVEL: 'hush',
      MAIL_RECIPIENTS_PER_DAY: 'hush',
      RUNS_PER_CUSTOMER: 'hush',
      AGENT_PUSH_URL: 'https://agent.example.com/hush',
      MAIL_DOMAIN: 'hu sh',
      SMTP_URL: 'http://me:hush@mail',
      TRUSTED_PROXIES: 'hush',
      OIDC_JWKS_URL: 'https://login.example.com/keys',
      HUB_SERVICE_SECRET: 'hush',
      HOST: '0.0.0.0',
      AGENT_MAX_STEPS: 'hush',
      DATABASE_POOL: 'hush',
    };
    const message = await refusal(wrong);
    for (const variable of [...Object.keys(wrong), 'OIDC_ISSUER', 'OIDC_AUDIENCE', 'AGENT_PUSH_SECRET'])
      if (variable !== 'HOST') expect(message, variable).to.contain(variable);
    expect(message).not.to.match(/hu ?sh/);
    expect(message.split('\n').filter((line) => line.includes('LOG_LEVEL'))).to.have.length(1);
  });

  it('lets the product start without an agent whose own settings are wrong, and names them among others', async () => {
    expect(await refusal({ MODEL_NAME: 'lonely' })).to.equal('none');
    expect(await refusal({ MODEL_NAME: 'lonely', TRUSTED_PROXIES: 'x' })).to.contain('MODEL_API_KEY');
  });
});
