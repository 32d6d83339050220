import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command, CommandResult } from '../command.ts';
import { type ProgramCall, type ProgramResult, runProgram } from '../program.ts';
import { bytes, section, since, span } from '../table.ts';
import { type EmailsDocument, type MailQueue, renderMailQueue, type TimersDocument } from './lists.ts';
import { type OutboxReport, servicesWithOutbox } from './outbox.ts';
import { type KillSwitch, renderKillSwitches } from './runs.ts';
import { type OperatedWebhook, renderWebhookTroubles } from './webhooks.ts';

const READY_WITHIN_MS = 3_000;

/** Of the gateway or the reference agent. */
interface Readiness {
  origin: string;
  ready?: boolean;
  /** By check: `ok`, or what is wrong. */
  checks?: Record<string, unknown>;
}

interface StreamReport {
  stream: string;
  /** Absent or null if the stream does not exist. */
  state?: {
    messages: number;
    bytes: number;
    /** Negative: unlimited. */
    max_bytes: number;
    oldest_at: string;
    newest_at: string;
  } | null;
  consumers: { consumer: string; pending: number; ack_pending: number; redelivered: number; waiting: number }[];
}

/** The agent's endpoint as the latest post found it. */
interface PushEndpoint {
  address: string;
  reached: boolean;
  since: string;
  failures: number;
  error: string;
  next_attempt_at: string | null;
}

/** null and undefined stand for parts that could not be read. */
interface StatusDocument {
  /** Of the folder from which the command is run. */
  version: string;
  gateway: Readiness | null;
  agent: Readiness | null;
  services: ({ service: string | undefined } & Partial<Omit<OutboxReport, 'service'>>)[];
  streams: StreamReport[] | null;
  dead_letters: number | null;
  timers: Omit<TimersDocument, 'timers'> | undefined;
  mail: MailQueue | undefined;
  kill_switches: KillSwitch[] | undefined;
  /** To which runs are pushed; empty if agents claim them. */
  push_endpoints: PushEndpoint[] | undefined;
  webhooks: OperatedWebhook[] | undefined;
}

/**
 * An overview of the whole product. Parts that cannot be read are named on stderr; the others are shown, and the exit
 * code is 1.
 */
export const status: Command = {
  usage: ['status'],
  about:
    'version, gateway and agent; copies and outbox of each service, streams, consumers, dead letters, ' +
    'timers, mail, pushes, webhooks, kill switches',
  async run(_, context): Promise<CommandResult> {
    const run = <Document>(
      call: Omit<ProgramCall, 'needs'>,
      needs: ProgramCall['needs'] = { database: true },
    ): Promise<ProgramResult<Document>> => runProgram<Document>({ ...call, needs }, context);
    const [gateway, agent, streams, timers, mail, switches, pushes, webhooks, outboxes] = await Promise.all([
      readiness(context.addresses.gateway()),
      readiness(context.addresses.agent()),
      run<StreamReport[]>({ service: 'gateway', program: 'streams' }, { nats: 'operator' }),
      run<TimersDocument>({ service: 'scheduler', program: 'timers', args: ['--limit', '0'] }),
      run<EmailsDocument>({ service: 'email-bridge', program: 'emails', args: ['--limit', '0'] }),
      run<KillSwitch[]>({ service: 'scheduler', program: 'kill-switch', args: ['list'] }),
      run<PushEndpoint[]>({ service: 'scheduler', program: 'push-endpoint' }),
      run<OperatedWebhook[]>({ service: 'notifier', program: 'webhooks' }),
      Promise.all(servicesWithOutbox.map((service) => run<OutboxReport>({ service, program: 'outbox' }))),
    ]);
    const { version } = JSON.parse(readFileSync(join(context.root, 'package.json'), 'utf8')) as { version: string };
    const value: StatusDocument = {
      version,
      gateway,
      agent,
      services: outboxes.map((result, index) => ({ service: servicesWithOutbox[index], ...result.value })),
      streams: streams.value ?? null,
      dead_letters: streams.value ? countDeadLetters(streams.value) : null,
      timers: timers.value && without(timers.value, 'timers'),
      mail: mail.value && without(mail.value, 'emails'),
      kill_switches: switches.value,
      push_endpoints: pushes.value,
      webhooks: webhooks.value,
    };
    const results: [name: string, ProgramResult<unknown>][] = [
      ['streams', streams],
      ['timers', timers],
      ['mail', mail],
      ['kill switches', switches],
      ['pushes', pushes],
      ['webhooks', webhooks],
      ...outboxes.map((result, index): [string, ProgramResult<unknown>] => [servicesWithOutbox[index] ?? '', result]),
    ];
    const problems = results.flatMap(([name, { code, stderr }]) => (code === 0 ? [] : [`${name}: ${stderr}`]));
    return { code: problems.length > 0 ? 1 : 0, value, text: renderStatus(value), problems };
  },
};

function without<T extends object, K extends keyof T>(document: T, key: K): Omit<T, K> {
  const { [key]: _, ...rest } = document;
  return rest;
}

const countDeadLetters = (streams: readonly StreamReport[]): number =>
  streams.find(({ stream }) => stream === 'DEADLETTER')?.state?.messages ?? 0;

/** Asks over HTTP. The other services are counted by the database connections of their relays. */
async function readiness(origin: string | undefined): Promise<Readiness | null> {
  if (origin === undefined) return null;
  try {
    const response = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(READY_WITHIN_MS) });
    return { origin, ...((await response.json()) as Omit<Readiness, 'origin'>) };
  } catch (error) {
    return { origin, ready: false, checks: { call: (error as Error).message } };
  }
}

function renderStatus({
  version,
  gateway,
  agent,
  services,
  streams,
  dead_letters,
  timers,
  mail,
  kill_switches,
  push_endpoints,
  webhooks,
}: StatusDocument): string {
  return [
    [
      `Missions ${version}`,
      renderReadiness('Gateway', gateway, 'not known here (GATEWAY_URL names it)'),
      renderReadiness('Agent', agent, 'none that is known here (AGENT_URL names one)'),
    ].join('\n'),
    section(
      'Services',
      ['service', 'copies', 'unpublished', 'oldest', 'events kept since'],
      services.map((one) => [
        one.service,
        one.copies ?? '?',
        one.pending ?? '?',
        one.pending ? span(one.oldestMs ?? 0) : '-',
        since(one.kept_since),
      ]),
      'none',
    ),
    ...(streams ? [renderStreams(streams), renderConsumers(streams)] : []),
    dead_letters === null ? undefined : `Dead letters: ${dead_letters}`,
    timers && renderTimers(timers),
    mail && renderMailQueue(mail),
    push_endpoints?.map(renderPushEndpoint).join('\n') || undefined,
    webhooks && renderWebhookTroubles(webhooks),
    kill_switches && renderKillSwitches(kill_switches),
  ]
    .filter(Boolean)
    .join('\n\n');
}

function renderReadiness(name: string, found: Readiness | null, otherwise: string): string {
  if (!found) return `${name}: ${otherwise}`;
  const failing = Object.entries(found.checks ?? {})
    .filter(([, result]) => result !== 'ok')
    .map(([name, result]) => `${name} ${String(result)}`);
  return `${name} at ${found.origin}: ${found.ready ? 'ready' : `not ready: ${failing.join('; ')}`}`;
}

const renderStreams = (streams: readonly StreamReport[]): string =>
  section(
    'Streams',
    ['stream', 'messages', 'size', 'of', 'oldest', 'newest'],
    streams.map(({ stream, state }) =>
      state
        ? [
            stream,
            state.messages,
            bytes(state.bytes),
            state.max_bytes < 0 ? '-' : bytes(state.max_bytes),
            state.messages ? since(state.oldest_at) : '-',
            since(state.newest_at),
          ]
        : [stream, '(there is none)'],
    ),
    'none',
  );

const renderConsumers = (streams: readonly StreamReport[]): string =>
  section(
    'Consumers',
    ['stream', 'consumer', 'pending', 'unacknowledged', 'redelivered', 'waiting'],
    streams.flatMap(({ stream, consumers }) =>
      consumers.map(({ consumer, pending, ack_pending, redelivered, waiting }) => [
        stream,
        consumer,
        pending,
        ack_pending,
        redelivered,
        waiting,
      ]),
    ),
    'none',
  );

function renderPushEndpoint({ address, reached, failures, error, next_attempt_at, since: at }: PushEndpoint): string {
  if (reached) return `Push: ${address} takes runs, since ${since(at)}`;
  const times = failures === 1 ? 'once' : `${failures} times in a row`;
  return `Push: ${address} took no run ${times}, since ${since(at)}: ${error}; next attempt ${since(next_attempt_at)}`;
}

function renderTimers({ pending, overdue, next_due_at }: Omit<TimersDocument, 'timers'>): string {
  const late = overdue ? `, ${overdue} of them overdue` : '';
  return `Timers: ${pending} pending${late}; next due ${since(next_due_at)}`;
}
