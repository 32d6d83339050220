import type { Command, Outcome } from './command.ts';
import { queued } from './emails.ts';
import { type Answer, type Around, ask } from './program.ts';
import { withOutbox } from './outbox.ts';
import { bytes, section, since, span } from './table.ts';

const READY_WITHIN_MS = 3_000;

/** All at a glance. What cannot be reached is said, and the rest shown; the exit code is 1 then. */
export const status: Command = {
  usage: ['status'],
  about: 'copies and outbox of each service, streams, consumers, dead letters, timers, mail, kill switches',
  async run(_, around): Promise<Outcome> {
    const services = withOutbox;
    const bulk = (call: { service: string; program: string; args?: string[] }): Promise<Answer> =>
      ask({ ...call, needs: { database: true } }, around);
    const [gateway, streams, timers, mail, switches, ...outboxes] = await Promise.all([
      readiness(around),
      ask({ service: 'gateway', program: 'streams', needs: { nats: true } }, around),
      bulk({ service: 'scheduler', program: 'timers', args: ['--limit', '0'] }),
      bulk({ service: 'email-bridge', program: 'emails', args: ['--limit', '0'] }),
      bulk({ service: 'scheduler', program: 'kill-switch', args: ['list'] }),
      ...services.map((service) => ask({ service, program: 'outbox', needs: { database: true } }, around)),
    ]);
    const value = {
      gateway,
      services: outboxes.map((answer, index) => ({ service: services[index], ...answer.value })),
      streams: streams.value ?? null,
      dead_letters: deadLetters(streams),
      timers: timers?.value && { ...timers.value, timers: undefined },
      mail: mail?.value && { ...mail.value, emails: undefined },
      kill_switches: switches?.value,
    };
    const named: [string, Answer | undefined][] = [
      ['streams', streams],
      ['timers', timers],
      ['mail', mail],
      ['kill switches', switches],
      ...services.map((service, index) => [service, outboxes[index]] as [string, Answer | undefined]),
    ];
    const problems = named.flatMap(([name, answer]) =>
      answer && answer.code !== 0 ? [`${name}: ${answer.said}`] : [],
    );
    return { code: problems.length > 0 ? 1 : 0, value, text: shown(value), problems };
  },
};

const deadLetters = ({ value }: Answer): number | null =>
  value ? (value.find((one: any) => one.stream === 'DEADLETTER')?.state?.messages ?? 0) : null;

/** Of the gateway; the other services are seen by the connections of their relays. */
async function readiness({ addresses }: Around): Promise<object | null> {
  const origin = addresses.gateway();
  if (origin === undefined) return null;
  try {
    const response = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(READY_WITHIN_MS) });
    return { origin, ...((await response.json()) as object) };
  } catch (error) {
    return { origin, ready: false, checks: { gateway: (error as Error).message } };
  }
}

function shown({ gateway, services, streams, dead_letters, timers, mail, kill_switches }: any): string {
  const failing =
    gateway &&
    Object.entries(gateway.checks ?? {})
      .filter(([, is]) => is !== 'ok')
      .map(([name, is]) => `${name} ${String(is)}`);
  return [
    gateway
      ? `Gateway at ${gateway.origin}: ${gateway.ready ? 'ready' : `not ready: ${failing.join('; ')}`}`
      : 'Gateway: not known here (GATEWAY_URL names it)',
    section(
      'Services',
      ['service', 'copies', 'unpublished', 'oldest', 'events kept since'],
      services.map((one: any) => [
        one.service,
        one.copies ?? '?',
        one.pending ?? '?',
        one.pending ? span(one.oldestMs) : '-',
        since(one.kept_since),
      ]),
      'none',
    ),
    streams &&
      section(
        'Streams',
        ['stream', 'messages', 'size', 'of', 'oldest', 'newest'],
        streams.map(({ stream, state }: any) =>
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
      ),
    streams &&
      section(
        'Consumers',
        ['stream', 'consumer', 'pending', 'unacknowledged', 'redelivered', 'waiting'],
        streams.flatMap(({ stream, consumers }: any) =>
          consumers.map((one: any) => [
            stream,
            one.consumer,
            one.pending,
            one.ack_pending,
            one.redelivered,
            one.waiting,
          ]),
        ),
        'none',
      ),
    dead_letters === null ? undefined : `Dead letters: ${dead_letters}`,
    timers &&
      `Timers: ${timers.pending} pending${timers.overdue ? `, ${timers.overdue} of them overdue` : ''}; next due ${since(timers.next_due_at)}`,
    mail && queued(mail),
    kill_switches &&
      section(
        'Kill switches',
        ['scope', 'id', 'since'],
        kill_switches.map((one: any) => [one.scope, one.id, since(one.set_at)]),
        'all off',
      ),
  ]
    .filter(Boolean)
    .join('\n\n');
}
