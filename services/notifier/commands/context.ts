import type { ServiceConfig } from '@missions/service-kit/config.ts';
import type { ServiceContext } from '@missions/service-kit/service.ts';
import type { PushSender } from '../domain/notice.ts';
import type { WebhookSender } from '../domain/webhook.ts';

/** What the handlers of this service are given. */
export interface Context extends ServiceContext<
  ServiceConfig & { readonly publicUrl: string; readonly actionLinksCustomers?: string | undefined }
> {
  /** Signs the addresses by which mail is ended. */
  readonly unsubscribeKey: string;
  /** Undefined while the keys that devices have subscribed with cannot be opened. */
  readonly push: PushSender | undefined;
  readonly webhooks: WebhookSender;
  /** Something is due then (milliseconds since 1970). */
  readonly dueStored: (at: number) => void;
  /** @returns a function that ends the listening. */
  readonly onDueStored: (listener: (at: number) => void) => () => void;
  /** A notice was queued, or something of one that was said is settled. */
  readonly queued: () => void;
  readonly onQueued: (listener: () => void) => () => void;
  /** There are further deliveries to endpoints, or an endpoint was changed. */
  readonly deliveriesHeld: () => void;
  readonly onDeliveriesHeld: (listener: () => void) => () => void;
}
