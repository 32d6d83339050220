import { expect } from 'chai';
import { type Dovecot, startDovecot } from '@missions/email-bridge/testing/dovecot.ts';
import { random } from '@missions/test-support/random.ts';
import { holdsWithin, waitUntil } from '@missions/test-support/wait-until.ts';
import { repetitions } from '@missions/test-support/repetitions.ts';
import type { Message } from '../mail/messages.ts';
import { type MailEnvironment, openMailEnvironment } from '../mail/mail-environment.ts';
import { postUntilAccepted } from '../mail/post.ts';
import { observe, isSettled } from './mail-observations.ts';
import { type Correspondence, seenOf, write, writeBack } from './mail-rounds.ts';
import { violations } from './mail-check.ts';

const MAILS = repetitions(60, 100);
const PEOPLE = ['ann', 'bob', 'cem'];
/**
 * The person whose replies arrive in a mailbox that the bridge reads by IMAP. All other replies are offered to the
 * bridge's SMTP listener until it accepts them.
 */
const BY_IMAP = 'cem';
const WRITERS = 8;
const KILLS_WHILE_SENDING = repetitions(5, 8);
const KILLS_WHILE_RECEIVING = repetitions(3, 6);
/** Kills between the commit of a message and its 250: the message arrives again, and must not count again. */
const CRASHES_WHILE_RECEIVING = repetitions(3, 6);

describe('kill -9 of the email-bridge', function () {
  this.timeout(480_000);
  let environment: MailEnvironment;
  let dovecot: Dovecot | undefined;
  let written: Correspondence[];

  before(async () => {
    dovecot = await startDovecot().catch((error: unknown) => {
      console.error(`\n  !!! NO REAL IMAP SERVER: all answers come by SMTP in these tests. ${String(error)}\n`);
      return undefined;
    });
    environment = await openMailEnvironment({
      durable: true,
      bridge: dovecot ? { IMAP_URL: dovecot.url } : {},
      script: { 'email-bridge': 'test/chaos/bridge-with-faults.ts' },
    });
  });
  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(environment?.product.logs());
  });
  after(async () => {
    await environment?.close();
    await dovecot?.stop();
  });

  /** Acts on every thing, `WRITERS` at a time. */
  const eachOf = async <T>(things: readonly T[], act: (thing: T) => Promise<void>): Promise<void> => {
    const left = [...things];
    const worker = async (): Promise<void> => {
      for (let thing = left.shift(); thing !== undefined; thing = left.shift()) await act(thing);
    };
    await Promise.all(Array.from({ length: WRITERS }, worker));
  };
  const bridge = () => environment.product['email-bridge'];

  /**
   * Kills the bridge and ends its locks, as if minutes passed before the restart: the next process may send its
   * messages.
   */
  const dieAndReturn = async (): Promise<void> => {
    await bridge().kill();
    await environment.rows(`update email_bridge.message set locked_until = clock_timestamp() where status = 'queued'`);
    await bridge().start();
  };

  it(`${KILLS_WHILE_SENDING} times while ${MAILS} mails are requested and sent: each mail reaches every recipient under one Message-ID`, async () => {
    written = [];
    const next = random('kills while sending');
    let kills = 0;
    let isDying = false;
    let killing = Promise.resolve();
    // The critical moment: the mail server has the message, and the bridge has not received the 250.
    environment.receiver.beforeAnswer = async () => {
      if (isDying || kills >= KILLS_WHILE_SENDING || next() > 0.3) return;
      kills++;
      isDying = true;
      killing = dieAndReturn().finally(() => void (isDying = false));
    };
    await eachOf(
      Array.from({ length: MAILS }, (_, at) => at),
      async (at) => {
        written.push(
          await write(
            environment.api,
            PEOPLE.map((name) => `${name}${at}@example.com`),
          ),
        );
      },
    );
    const sent = async (): Promise<boolean> =>
      (await environment.rows(`select id from email_bridge.message where status = 'queued'`)).length === 0 &&
      (await environment.rows('select id from email_bridge.email')).length >= MAILS;
    const allSent = await holdsWithin(90_000, sent);
    environment.receiver.beforeAnswer = () => {};
    await killing;
    const allPublished = await holdsWithin(20_000, async () => (await observe(environment, written)).unpublished === 0);
    const observations = await observe(environment, written);
    expect(violations(observations), `after ${kills} kills`).to.deep.equal([]);
    expect([written.length, kills]).to.deep.equal([MAILS, KILLS_WHILE_SENDING]);
    expect({ allSent, allPublished }).to.deep.equal({ allSent: true, allPublished: true });
    // Some mails were sent twice, so the check of the Message-ID had copies to compare.
    const copies = Map.groupBy(observations.copies, ({ message_id, to }) => `${message_id} ${to}`);
    expect(
      [...copies.values()].filter((same) => same.length > 1),
      'mails that went out twice',
    ).not.to.be.empty;
  });

  it(`${KILLS_WHILE_RECEIVING} times anywhere and ${CRASHES_WHILE_RECEIVING} times before its 250, while ${MAILS * PEOPLE.length} replies arrive: no reply is lost or counted twice, and every mission resumes`, async () => {
    const answers = (
      await Promise.all(written.map(async (one) => ({ one, seen: await seenOf(environment.api, one) })))
    ).flatMap(({ one, seen }) => one.people.map((person) => ({ one, seen, person })));
    const bySmtp = (message: Message) => postUntilAccepted(environment.product.smtpPort, message);
    const intoMailbox = (message: Message) => dovecot?.deliver(message.raw, message.to) ?? bySmtp(message);
    let taken = 0;
    const posting = eachOf(answers, async ({ one, seen, person }) => {
      await writeBack(person.startsWith(BY_IMAP) ? intoMailbox : bySmtp, seen, one, person);
      taken++;
    });
    const next = random('kills while receiving');
    const deaths = KILLS_WHILE_RECEIVING + CRASHES_WHILE_RECEIVING;
    for (let death = 0; death < deaths; death++) {
      const moment = ((death + next()) * answers.length) / (deaths + 1);
      await waitUntil(() => taken >= moment, { withinMs: 60_000, everyMs: 1, what: 'answers that get through' });
      await bridge().kill();
      await bridge()
        .start(death < CRASHES_WHILE_RECEIVING ? { CRASH: '3' } : {})
        .catch((error: unknown) => {
          if (bridge().running) throw error;
        });
      if (death >= CRASHES_WHILE_RECEIVING) continue;
      await waitUntil(() => !bridge().running, { what: 'its death before a 250' });
      await bridge().start();
    }
    await posting;
    const isQuiet = await holdsWithin(60_000, () => isSettled(environment));
    const observations = await observe(environment, written);
    expect(violations(observations)).to.deep.equal([]);
    expect(isQuiet, 'nothing is under way after 60 s').to.equal(true);
    expect([observations.replies.length, observations.ends.length]).to.deep.equal([answers.length, MAILS]);
  });
});
