import { expect } from 'chai';
import { withContext } from './context.ts';
import { createLogger, type Logger } from './logger.ts';

describe('the logger', () => {
  let lines: Record<string, unknown>[];
  let logger: Logger;
  beforeEach(() => {
    lines = [];
    logger = createLogger({
      service: 'mission',
      level: 'info',
      destination: { write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    });
  });
  const written = () => JSON.stringify(lines);

  it('writes level, time and service', () => {
    logger.info({ port: 1 }, 'started');
    expect(lines[0]).to.include({ level: 'info', service: 'mission', port: 1, msg: 'started' });
    expect(lines[0]?.['time']).to.match(/^\d{4}-\d\d-\d\dT.*Z$/);
  });

  it('adds request and trace ids within a request, and neither outside of one', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await withContext({ traceparent, requestId: 'r-1' }, async () => {
      await Promise.resolve();
      logger.info('inside');
    });
    logger.info('outside');
    expect(lines[0]).to.include({ request_id: 'r-1', trace_id: '4bf92f3577b34da6a3ce929d0e0e4736' });
    expect(lines[1]).to.not.have.any.keys('request_id', 'trace_id');
  });

  it('hides secrets by name, at any depth, in lists and in child loggers', () => {
    const headers = { authorization: 'Bearer s3cret', 'Set-Cookie': 's3cret', accept: 'json' };
    logger.info({ request: { headers }, list: [{ password: 's3cret' }, { name: 'kept' }] });
    logger.info({
      HUB_SERVICE_SECRET: 's3cret',
      databaseUrl: 's3cret',
      nats_url: 's3cret',
      apiKey: 's3cret',
      a: { b: { c: { token: 's3cret' } } },
    });
    logger.child({ secret: 's3cret' }).child({ token: 's3cret' }).info('grandchild');
    expect(written()).to.not.contain('s3cret');
    expect(written()).to.contain('"accept":"json"').and.to.contain('kept');
    expect(headers.authorization).to.equal('Bearer s3cret');
  });

  it('hides credentials in the URLs of errors and of their causes', () => {
    const cause = new Error('connect nats://mission:s3cret@127.0.0.1:4222');
    logger.error(
      { err: Object.assign(new Error('no postgres://u:s3cret@h/db', { cause }), { password: 's3cret' }) },
      'cannot start',
    );
    expect(written()).to.not.contain('s3cret');
    expect(written()).to.contain('@127.0.0.1:4222').and.to.contain('@h/db');
  });

  it('leaves out the rows and values that PostgreSQL quotes in its errors', () => {
    const refused = Object.assign(new Error('violates check constraint "reply_snippet_check"'), {
      severity: 'ERROR',
      code: '23514',
      constraint: 'reply_snippet_check',
      detail: 'Failing row contains (acme, Dear Ada).',
      where: 'JSON data, line 1: Dear Ada',
    });
    logger.error({ err: refused }, 'failed');
    expect(JSON.stringify(lines))
      .to.contain('reply_snippet_check')
      .and.to.contain('23514')
      .and.not.to.contain('Dear Ada');
  });

  it('logs an object that contains itself', () => {
    const cycle: Record<string, unknown> = {};
    cycle['self'] = cycle;
    logger.info({ cycle });
    expect(lines).to.have.lengthOf(1);
  });

  it('writes no line below its level', () => {
    logger.debug('too much');
    expect(lines).to.have.lengthOf(0);
  });
});
