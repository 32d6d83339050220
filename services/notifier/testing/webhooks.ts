import type { EventEnvelope } from '@missions/contracts/event.ts';
import type { WebhookDelivery } from '@missions/contracts/notifier/webhooks.ts';
import type { VirtualClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import type { Job } from '@missions/service-kit/service.ts';
import type { ServiceUnderTest } from '@missions/service-kit/testing/service-under-test.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import type { Context } from '../commands/context.ts';
import { startDelivering } from '../jobs/deliver.ts';
import type { Received, Receiver } from './receiver.ts';

/** What a spec of webhooks does: a customer of its own for each, its endpoints, and events of its missions. */
export class WebhookBench {
  readonly customer = `customer-${newId()}`;
  readonly #service: ServiceUnderTest<Context>;
  readonly #clock: VirtualClock;
  readonly #jobs: Job[] = [];

  constructor(service: ServiceUnderTest<Context>, clock: VirtualClock) {
    this.#service = service;
    this.#clock = clock;
  }

  start(context = this.#service.context): void {
    this.#jobs.push(startDelivering(context));
  }

  async stop(): Promise<void> {
    for (const job of this.#jobs.splice(0)) await job.stop();
  }

  get as() {
    return { caller: { kind: 'service' as const, customer_id: this.customer, user_id: null } };
  }

  request<T = Record<string, any>>(verb: string, input: object): Promise<T> {
    return this.#service.request<T>(verb, input, this.as);
  }

  create(url: string, types: string[] = ['mission.*']): Promise<Record<string, any>> {
    return this.request('create_webhook', { url, types });
  }

  event(mission_id: string, version: number, type = 'mission.created'): EventEnvelope {
    const time = this.#clock.now().toISOString();
    const whose = { customer_id: this.customer, user_id: 'ada', mission_id };
    return { id: newId(), type, source: '/services/mission', time, ...whose, version, index: 0, data: { version } };
  }

  async happens(...events: EventEnvelope[]): Promise<void> {
    await this.#service.handle(...events);
  }

  async deliveries(webhook_id: string): Promise<WebhookDelivery[]> {
    const { deliveries } = await this.request('deliveries', { webhook_id, limit: 100 });
    return deliveries as WebhookDelivery[];
  }

  /** Whatever was due by now was tried, and what became of it was booked. */
  async rests(webhook_id: string): Promise<void> {
    const isOver = (at: string | null) => at === null || Date.parse(at) > this.#clock.now().getTime();
    await this.becomes(async () => {
      const all = await this.deliveries(webhook_id);
      return all.some(({ attempts }) => attempts > 0) && all.every(({ next_attempt_at }) => isOver(next_attempt_at));
    }, 'that what was due is booked');
  }

  becomes(holds: () => boolean | Promise<boolean>, what: string): Promise<unknown> {
    return waitUntil(holds, { withinMs: 30_000, what });
  }

  async arrive(receiver: Receiver, path: string, count: number): Promise<Received[]> {
    await this.becomes(() => receiver.at(path).length >= count, `${count} messages at ${path}`);
    return receiver.at(path);
  }
}

/** The versions that arrived of each mission, in the order of arrival. */
export function versionsOf(received: readonly Received[]): Record<string, number[]> {
  const versions: Record<string, number[]> = {};
  for (const { event } of received) (versions[event['missionid']] ??= []).push(event['missionversion']);
  return versions;
}
