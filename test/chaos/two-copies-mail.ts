import type { Api } from '@missions/test-support/api.ts';
import type { Message } from '../mail/messages.ts';
import { postUntilAccepted } from '../mail/post.ts';
import { headerOf, type MailReceiver } from '../mail/receiver.ts';
import { type Correspondence, write, writeBack } from './mail-rounds.ts';
import type { Patience } from './patience.ts';
import { ask } from './superuser.ts';

export interface MailSurroundings {
  readonly database: { readonly adminUrl: string };
  readonly receiver: MailReceiver;
  readonly smtpPorts: readonly number[];
}

const POST_MS = 10_000;

/** Correspondence with two people, each of whom answers to the address in the copy that reached them. */
export class MailRounds {
  readonly written: Correspondence[] = [];
  readonly #api: Api;
  readonly #around: MailSurroundings;
  readonly #patience: Patience;
  #begun = 0;

  constructor(api: Api, around: MailSurroundings, patience: Patience) {
    this.#api = api;
    this.#around = around;
    this.#patience = patience;
  }

  async play(): Promise<void> {
    const { receiver, smtpPorts } = this.#around;
    const number = this.#begun++;
    const people = ['ann', 'bob'].map((name) => `${name}${number}@example.com`);
    const one = await write(this.#api, people, this.#patience);
    this.written.push(one);
    const port = smtpPorts[number % smtpPorts.length] ?? 0;
    const deliver = async (message: Message): Promise<void> => {
      const posting = () => postUntilAccepted(port, message, POST_MS).then(() => true);
      await this.#patience.until(posting, { what: `a 250 for ${message.id}` });
    };
    for (const person of people) {
      const copy = await this.#patience.until(() => receiver.to(person)[0], { what: `mail for ${person}` });
      const header = (name: string): string => headerOf(copy, name) ?? '';
      const seen = {
        message_id: header('Message-ID'),
        subject: header('Subject'),
        reply_to: header('Reply-To').replace(/^.*<(.*)>$/, '$1'),
      };
      await writeBack(deliver, seen, one, person);
    }
  }

  /** As the superuser, over all services' tables. */
  readonly rows = <Row = any>(sql: string): Promise<Row[]> => ask<Row>(this.#around.database.adminUrl, sql);
}

/**
 * Ends the leases of messages, as if the minutes had passed after which a process that died is given up: then another
 * one sends them.
 */
export const releaseMail = async (adminUrl: string): Promise<void> =>
  void (await ask(
    adminUrl,
    `update email_bridge.message set locked_until = clock_timestamp() where status = 'queued' and locked_until is not null`,
  ));
