import { after, afterEach, before } from 'mocha';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { connect, type Socket } from 'node:net';
import { createTransport } from 'nodemailer';
import {
  emailRequestedEvent,
  type BridgeUnderTest,
  startBridgeUnderTest,
  requestedEmail,
} from './bridge-under-test.ts';
import { type Listener, type ListenerOptions, startListener } from '../smtp/listener.ts';

type ListenerFailure = Error & { responseCode?: number; response?: string };

/** Called inside a `describe`: listeners on free ports, over one bridge on a fresh database. */
export function listenersUnderTest() {
  let bridge: BridgeUnderTest;
  const open: Listener[] = [];
  before(async () => {
    bridge = await startBridgeUnderTest();
  });
  afterEach(async () => {
    for (const listener of open.splice(0)) await listener.stop();
  });
  after(() => bridge?.stop());

  async function listen(over: Partial<ListenerOptions> = {}): Promise<Listener> {
    const listener = await startListener({ context: bridge.context, port: 0, host: '127.0.0.1', ...over });
    open.push(listener);
    return listener;
  }

  /** A sent e-mail that waits for replies of Sarah and John. */
  async function emailAwaitingReplies(): Promise<{ id: string; reply_to: string; replies: () => Promise<any[]> }> {
    const email = requestedEmail(new Date());
    await bridge.handle(emailRequestedEvent(email));
    const { reply_to } = await bridge.request('get', { tracking_id: email.id });
    return {
      id: email.id,
      reply_to,
      replies: async () => (await bridge.request('get', { tracking_id: email.id }))['replies'],
    };
  }

  const transport = (port: number) => createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
  const replyMessage = (to: string, text = 'Tuesday at ten.', id = `<${newId()}@example.com>`): string =>
    [
      'From: Sarah Miller <sarah@example.com>',
      `To: ${to}`,
      'Subject: Re: The Q1 budget',
      `Message-ID: ${id}`,
      '',
      `${text}\r\n`,
    ].join('\r\n');
  const send = async (
    { port }: Listener,
    to: string | string[],
    raw: string | Buffer = replyMessage([to].flat()[0] ?? ''),
    from = 'sarah@example.com',
  ) => {
    const client = transport(port);
    try {
      return await client.sendMail({ envelope: { from, to }, raw });
    } finally {
      client.close();
    }
  };
  const refused = async (sending: Promise<unknown>): Promise<ListenerFailure> => {
    const outcome = await sending.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (outcome instanceof Error) return outcome;
    throw new Error('the listener accepted the message, expected a refusal');
  };

  return {
    bridge: () => bridge,
    listen,
    emailAwaitingReplies,
    transport,
    replyMessage,
    send,
    refused,
  };
}

interface RawSession {
  readonly socket: Socket;
  readonly greeting: string;
  /** Sends a line and resolves with the replies; `replies`: how many to wait for. */
  say(line: string, replies?: number): Promise<string>;
  readonly closed: Promise<void>;
  close(): void;
}

/** A raw SMTP client, for commands that no mail program sends. */
export async function openSession(port: number): Promise<RawSession> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  let ended = false;
  socket.setEncoding('utf8').on('data', (text: string) => (received += text));
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      ended = true;
      resolve();
    });
  });
  const nextReplies = async (count: number): Promise<string> => {
    await waitUntil(() => (received.match(/^\d{3} .*\r\n/gm) ?? []).length >= count || ended, {
      what: 'an SMTP reply',
      everyMs: 2,
    });
    const text = received;
    received = '';
    return text.replaceAll('\r\n', '\n').trimEnd();
  };
  const greeting = await nextReplies(1);
  return {
    socket,
    greeting,
    say(line, replies = 1) {
      socket.write(`${line}\r\n`);
      return nextReplies(replies);
    },
    closed,
    close: () => void socket.destroy(),
  };
}
