import { createTransport, type Transporter } from 'nodemailer';
import { freePort } from '@missions/deploy/dev-servers/ports.ts';
import { answer } from '../../mail/messages.ts';
import { headerOf, type ReceivedMail, startMailReceiver } from '../../mail/receiver.ts';
import { flow, poster } from '../flow.ts';
import { type GoneOn, listenForGoneOn } from '../gone-on.ts';
import { costed } from '../processor.ts';
import { startBehind, startProduct } from '../product.ts';
import { alternate, series } from '../rounds.ts';
import type { Bench, Contender, Finding, Row } from '../row.ts';
import { startBenchServers } from '../servers.ts';
import { median, range } from '../statistics.ts';

const SECRET = 'bench-secret-bench-secret-bench-secret';
const USERS = 20;
const PEOPLE_OF_A_DAY = '1000000';
/** The mission's version when the reply has been recorded, and the wait has not ended. */
const REPLIED = 3;
/** As a mail server in front of the product would hold open. */
const CONNECTIONS = 20;

export const row: Row = {
  about:
    'an e-mail and its reply: create a mission, write to one person, who replies over SMTP, and gone on, through a mail server, gateway, all services and streams',
  run: correspondence,
};

async function correspondence(bench: Bench): Promise<Finding[]> {
  const servers = await startBenchServers(bench);
  const { folder } = servers;
  const database = await servers.database();
  const nats = await servers.nats();
  const receiver = await startMailReceiver();
  bench.after(() => receiver.close());
  const mail = {
    MAIL_RECIPIENTS_PER_DAY: PEOPLE_OF_A_DAY,
    MAIL_RECIPIENTS_PER_DAY_CUSTOMER: PEOPLE_OF_A_DAY,
  };
  const product = await startProduct({ name: 'product', database, nats, secret: SECRET, folder, mission: mail });
  product.programs.forEach((program) => bench.after(program.stop));
  const inbound = await freePort();
  const bridge = await startBehind(
    'email-bridge',
    { database, nats, folder },
    { SMTP_URL: receiver.url, INBOUND_SMTP_PORT: String(inbound), INBOUND_SMTP_CONNECTIONS_PER_ADDRESS: '100' },
  );
  bench.after(bridge.stop);
  const scheduler = await startBehind('scheduler', { database, nats, folder });
  bench.after(scheduler.stop);
  const pids = {
    postgres: servers.postgresPid,
    nats: nats.pid,
    ...Object.fromEntries([...product.programs, bridge, scheduler].map(({ service, pid }) => [service, pid])),
  };

  const replies = createTransport({
    host: '127.0.0.1',
    port: inbound,
    ignoreTLS: true,
    pool: true,
    maxConnections: CONNECTIONS,
  });
  bench.after(() => replies.close());
  const goneOn = await listenForGoneOn(bench, nats.urlFor('gateway'), {
    users: Array.from({ length: USERS }, (_, user) => `user-${user}`),
    after: REPLIED,
  });
  const arrived = new Map<string, (mail: ReceivedMail) => void>();
  receiver.beforeAnswer = (message) => message.to.forEach((address) => arrived.get(address)?.(message));

  const name = `${bench.options.connections} in flight`;
  const through = { origin: product.origin, goneOn, replies, arrived };
  const contender = costed(corresponding(name, bench.options.connections, through), pids);
  const samples = await alternate(bench, [contender], { settle: servers.checkpoint });
  const { all, each } = contender.cost();
  const shares = Object.entries(each).map(([service, ms]) => `${service} ${ms.toFixed(2)}`);
  bench.say(`processor ms of a correspondence, ${name}: ${all.toFixed(2)} (${shares.join(', ')})`);
  const perSecond = series(samples, name, 'perSecond');
  return [
    { what: `written, answered and gone on, ${name}`, figure: median(perSecond), spread: range(perSecond), unit: '/s' },
    { what: `p50, ${name}`, figure: median(series(samples, name, 'p50')), unit: 'ms' },
    { what: `p99, ${name}`, figure: median(series(samples, name, 'p99')), unit: 'ms' },
    { what: 'processor of a correspondence', figure: all, unit: 'ms' },
  ];
}

interface Through {
  readonly origin: string;
  readonly goneOn: GoneOn;
  /** Carries people's replies to the product. */
  readonly replies: Transporter;
  /** Whoever waits for the mail to an address. */
  readonly arrived: Map<string, (mail: ReceivedMail) => void>;
}

function corresponding(name: string, atOnce: number, { origin, goneOn, replies, arrived }: Through): Contender {
  const post = poster(origin, SECRET);
  let begun = 0;
  return flow(name, atOnce, async () => {
    const number = begun++;
    const user = `user-${number % USERS}`;
    const person = `person-${number}@example.com`;
    const tasks = [{ title: 'Ask them' }];
    const mission = await post('/api/internal/missions', user, { title: 'Find a day', user_id: user, tasks });
    const copy = new Promise<ReceivedMail>((resolve) => arrived.set(person, resolve));
    await post('/api/internal/emails', user, {
      user_id: user,
      mission_id: mission.id,
      task_id: mission.tasks[0].id,
      to: [person],
      subject: 'Which day?',
      body: 'Which day would suit you?',
      expect_reply: true,
    });
    const received = await copy;
    arrived.delete(person);
    const header = (which: string): string => headerOf(received, which) ?? '';
    const seen = {
      message_id: header('Message-ID'),
      subject: header('Subject'),
      reply_to: header('Reply-To').replace(/^.*<(.*)>$/, '$1'),
    };
    const { from, to, raw } = answer(seen, person, 'Tuesday suits me.');
    await Promise.all([goneOn(mission.id), replies.sendMail({ envelope: { from, to }, raw })]);
  });
}
