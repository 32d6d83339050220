import { fileURLToPath } from 'node:url';
import { ConfigError, type Env } from '@missions/runtime/config.ts';
import { expect } from 'chai';
import { callerKeyEnv } from '@missions/test-support/caller-keys.ts';
import { emailConfig } from './config.ts';

const least = {
  DATABASE_URL: 'postgres://bridge:secret@127.0.0.1/missions',
  NATS_URL: 'nats://127.0.0.1:4222',
  ...callerKeyEnv('email-bridge'),
};
const problems = (env: Env): readonly string[] => {
  try {
    emailConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe('the settings of the e-mail bridge', () => {
  it('have defaults that suit a local run', () => {
    expect(emailConfig(least)).to.include({
      mailDomain: 'localhost',
      mailAddress: 'reply@localhost',
      inboundSmtpPort: 2525,
      inboundSmtpHost: '127.0.0.1',
      dataDir: '.data',
      smtpUrl: undefined,
      imapUrl: undefined,
    });
    expect(emailConfig({ ...least, MAIL_DOMAIN: 'hub.example.com' }).mailAddress).to.equal('reply@hub.example.com');
    expect(emailConfig({ ...least, MAIL_ADDRESS: 'me@gmail.com' })).to.include({
      mailAddress: 'me@gmail.com',
      mailDomain: 'localhost',
    });
  });

  it('are refused with all faults at once, and without their values', () => {
    const env = {
      SMTP_URL: 'http://user:hunter2@mail',
      IMAP_URL: 'nonsense',
      MAIL_DOMAIN: 'no domain',
      MAIL_ADDRESS: 'a@b@c',
      INBOUND_SMTP_PORT: '99999',
      SMTP_ACCESS_TOKEN: 'hunter2',
      IMAP_ACCESS_TOKEN: 'hunter2',
    };
    const named = problems(env);
    expect(named.map((problem) => problem.split(' ')[0])).to.have.members([
      'CALLER_KEY',
      'SCHEDULER_CALLER_KEY',
      'DATABASE_URL',
      'IMAP_ACCESS_TOKEN',
      'IMAP_URL',
      'INBOUND_SMTP_PORT',
      'MAIL_ADDRESS',
      'MAIL_DOMAIN',
      'NATS_URL',
      'SMTP_URL',
    ]);
    expect(named.join(' ')).to.not.contain('hunter2');
  });

  it('need one source for an access token, and its user in the URL', () => {
    const urls = {
      SMTP_URL: 'smtps://me%40gmail.com@smtp.gmail.com',
      IMAP_URL: 'imaps://me%40gmail.com@imap.gmail.com',
    };
    expect(problems({ ...least, ...urls, SMTP_ACCESS_TOKEN_FILE: '/run/token', IMAP_ACCESS_TOKEN: 'x' })).to.deep.equal(
      [],
    );
    expect(
      problems({ ...least, ...urls, SMTP_ACCESS_TOKEN_FILE: '/run/token', SMTP_ACCESS_TOKEN: 'x' }),
    ).to.have.lengthOf(1);
    expect(problems({ ...least, IMAP_ACCESS_TOKEN_FILE: '/run/token' })).to.have.lengthOf(1);
  });

  it('name the certificate and the key of STARTTLS together', () => {
    const readable = fileURLToPath(import.meta.url);
    const files = { INBOUND_SMTP_TLS_CERT_FILE: readable, INBOUND_SMTP_TLS_KEY_FILE: readable };
    expect(problems({ ...least, ...files })).to.deep.equal([]);
    for (const [name, file] of Object.entries(files)) expect(problems({ ...least, [name]: file })).to.have.lengthOf(1);
  });

  it('name certificate and key that can be read, and are refused before the start otherwise', () => {
    const files = { INBOUND_SMTP_TLS_CERT_FILE: '/nowhere/cert.pem', INBOUND_SMTP_TLS_KEY_FILE: '/nowhere/key.pem' };
    expect(problems({ ...least, ...files, MAIL_DOMAIN: '-' })).to.have.lengthOf(3);
    expect(problems({ ...least, ...files }).join()).to.contain('INBOUND_SMTP_TLS_KEY_FILE names a file');
  });

  it('leave room for a tag in MAIL_ADDRESS', () => {
    expect(problems({ ...least, MAIL_ADDRESS: 'me+tag@example.com' })).to.have.lengthOf(1);
    expect(problems({ ...least, MAIL_ADDRESS: `${'x'.repeat(38)}@example.com` })).to.have.lengthOf(1);
    expect(
      problems({
        ...least,
        MAIL_ADDRESS: `${'x'.repeat(37)}@example.com`,
        SMTP_URL: 'smtps://me%40gmail.com@smtp.gmail.com',
        SMTP_ACCESS_TOKEN: 'x',
      }),
    ).to.deep.equal([]);
  });
});
