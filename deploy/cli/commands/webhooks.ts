import { renderLine } from '@missions/runtime/terminal-text.ts';
import { programCommand } from '../command.ts';
import { section, since } from '../table.ts';

export interface OperatedWebhook {
  customer_id: string;
  id: string;
  url: string;
  status: string;
  failing_since: string | null;
  last_error: string;
  pending: number;
  undelivered: number;
}

/** Of list, of pause and resume, of redeliver. */
type WebhooksDocument =
  OperatedWebhook[] | { id: string; status: string; url: string } | { id: string; status: string; event_id: string };

export const webhooks = programCommand<WebhooksDocument>(
  {
    usage: [
      'webhooks list [--customer <id>]',
      'webhooks pause|resume <endpoint id> --customer <id>',
      'webhooks redeliver <endpoint id> <delivery id> --customer <id>',
    ],
    about: 'where the events of customers are sent, those in trouble first; resume also ends that one is disabled',
  },
  { service: 'notifier', program: 'webhooks', needs: { database: true } },
  (document) => {
    if (Array.isArray(document)) return renderWebhooks(document);
    if ('url' in document) return `The endpoint ${renderLine(document.url)} is ${document.status}.`;
    return `The event ${document.event_id} is sent again.`;
  },
);

const renderWebhooks = (found: readonly OperatedWebhook[]): string =>
  section(
    'Webhooks',
    ['customer', 'id', 'address', 'status', 'failing since', 'pending', 'undelivered', 'error'],
    found.map(({ customer_id, id, url, status, failing_since, last_error, pending, undelivered }) => [
      customer_id,
      id,
      url,
      status,
      failing_since === null ? '-' : since(failing_since),
      pending,
      undelivered,
      last_error,
    ]),
    'none',
  );

/** For the overview: how many there are, and which are in trouble. */
export function renderWebhookTroubles(found: readonly OperatedWebhook[]): string {
  const troubled = found.filter(({ status, failing_since }) => status === 'disabled' || failing_since !== null);
  const lines = troubled.slice(0, 10).map(({ customer_id, url, status, failing_since, last_error }) => {
    const state = status === 'disabled' ? 'disabled' : `failing since ${since(failing_since)}`;
    return renderLine(`  ${customer_id}: ${url} ${state}: ${last_error}`);
  });
  const more = troubled.length > lines.length ? [`  and ${troubled.length - lines.length} more`] : [];
  return [`Webhooks: ${found.length} endpoints, ${troubled.length} in trouble`, ...lines, ...more].join('\n');
}
