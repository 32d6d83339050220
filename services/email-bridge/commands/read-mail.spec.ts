import { expect } from 'chai';
import type { Context } from './execute-command.ts';
import { type BridgeUnderTest, startBridgeUnderTest } from '../testing/bridge-under-test.ts';
import { mail } from '../testing/corpus/sample.ts';
import { UnreadableMessage } from '../domain/incoming-message.ts';
import { type MailReader, startMailReader } from '../mail-parsing/reader.ts';
import { autocommit } from '@missions/persistence/transaction.ts';
import { countTry } from '../store/unread-mail.ts';
import { type ArrivedMail, readMail } from './read-mail.ts';

const script = new URL('../testing/hostile-thread.ts', import.meta.url);

describe('a message that cannot be read', () => {
  let bridge: BridgeUnderTest;
  let reader: MailReader;
  let context: Context;
  before(async () => {
    bridge = await startBridgeUnderTest();
    reader = startMailReader({ script });
    context = { ...bridge.context, readMessage: reader.read };
  });
  afterEach(() => bridge.db.pool.query('delete from unread_mail'));
  after(async () => {
    await reader?.stop();
    await bridge?.stop();
  });

  /** What the sender brings, each time anew. */
  const arrived = (body: string, over: Partial<ArrivedMail> = {}): ArrivedMail => ({
    via: 'smtp',
    raw: Buffer.from(mail({}, body)),
    reverse_path: 'sarah@example.com',
    recipients: ['reply+x@hub.example'],
    ...over,
  });
  const attempt = (body: string, over?: Partial<ArrivedMail>): Promise<string> =>
    readMail(context, arrived(body, over)).then(
      (message) => (message ? 'read' : 'set aside'),
      (error: Error) => (error instanceof UnreadableMessage ? 'to be tried again' : `failed: ${error.message}`),
    );
  const rows = async () =>
    (await bridge.db.pool.query('select *, set_aside_at is not null as aside from unread_mail')).rows;

  it('is tried three times, then set aside, and accepted whenever it comes again', async () => {
    const outcomes: string[] = [];
    for (let time = 1; time <= 5; time++) outcomes.push(await attempt('throw'));
    expect(outcomes).to.deep.equal(['to be tried again', 'to be tried again', 'set aside', 'set aside', 'set aside']);
    const [row, ...more] = await rows();
    expect(more).to.have.lengthOf(0);
    expect(row).to.include({
      via: 'smtp',
      reverse_path: 'sarah@example.com',
      aside: true,
      size: arrived('throw').raw.length,
    });
    expect(row.recipients).to.deep.equal(['reply+x@hub.example']);
    expect(row.reason).to.contain('no such charset');
    expect(row.head.toString()).to.contain('From: Sarah Miller');
  });

  it('is kept by its first 64 KB', async () => {
    const body = `throw${'x'.repeat(1_000_000)}`;
    for (let time = 1; time <= 3; time++) await attempt(body);
    expect((await rows())[0].head).to.have.lengthOf(64 * 1024);
  });

  const LARGE = 'x'.repeat(100_000);

  it('is set aside at its fourth arrival if it is large and the process ended at each of three tries', async () => {
    const ended = { key: 'one', via: 'smtp', reverse_path: '', recipients: [], size: 1 } as const;
    for (let time = 1; time <= 3; time++) await countTry(autocommit(bridge.db), ended);
    expect(await attempt(`Tuesday.${LARGE}`, { key: 'one' })).to.equal('set aside');
    expect((await rows())[0].reason).to.contain('the process ended');
  });

  it('is not counted before it is read if it is small: the process was killed for another reason', async () => {
    const began: number[] = [];
    const watching: Context = {
      ...context,
      readMessage: (raw, envelopeTo, begin) =>
        context.readMessage(raw, envelopeTo, async () => {
          await begin?.();
          began.push((await rows()).length);
        }),
    };
    expect(await readMail(watching, arrived('Tuesday.'))).to.not.equal(undefined);
    expect(await readMail(watching, arrived(`Tuesday.${LARGE}`))).to.not.equal(undefined);
    expect(began).to.deep.equal([0, 1]);
  });

  it('counts no try that succeeds, and none that failed for another reason', async () => {
    expect(await attempt('Tuesday.')).to.equal('read');
    const stopping: Context = {
      ...context,
      async readMessage(_raw, _envelopeTo, begin) {
        await begin?.();
        throw new Error('the service stops');
      },
    };
    for (let time = 1; time <= 4; time++)
      expect(await readMail(stopping, arrived(`Wednesday.${LARGE}`)).catch(({ message }: Error) => message)).to.contain(
        'stops',
      );
    expect((await rows()).map(({ tries }) => tries)).to.deep.equal([0]);
    expect(await attempt(`Wednesday.${LARGE}`)).to.equal('read');
    expect(await rows()).to.deep.equal([]);
  });

  it('is tried once at a time, however often it arrives at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => attempt('Tuesday.')));
    expect(new Set(outcomes)).to.deep.equal(new Set(['read']));
  });
});
