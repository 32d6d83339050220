import type { AuditEntry } from '@missions/contracts/audit.ts';
import { connectStandalone } from '../session.ts';
import { execute, statement } from '../statement.ts';

export interface AuditFilter {
  readonly customer?: string | undefined;
  readonly user?: string | undefined;
  readonly mission?: string | undefined;
  readonly action?: string | undefined;
  /** Times of the ISO 8601 form: from `since` on, and before `until`. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** Entries that are older than this one; of several at one time, those with a smaller id. */
  readonly before?: { readonly at: string; readonly id: string } | undefined;
  readonly limit: number;
}

const TIMEOUT_MS = 30_000;

const list = statement(
  'operate.audit',
  `select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, customer_id, actor, user_id, agent_id, key_id, operator, action, target_kind, target_id,
          mission_id, address, channel, result, code, request_id
     from audit_entries as e
    where ($1::text is null or customer_id = $1) and ($2::text is null or user_id = $2)
      and ($3::text is null or mission_id = $3) and ($4::text is null or action = $4)
      and ($5::timestamptz is null or e.at >= $5) and ($6::timestamptz is null or e.at < $6)
      and ($7::timestamptz is null or (e.at, e.id) < ($7, $8::uuid))
    order by e.at desc, e.id desc limit $9`,
);

/**
 * The entries of one service, newest first.
 * @param url with the service's own role, which may read its record.
 */
export async function listAuditEntries(
  { url, service }: { readonly url: string; readonly service: string },
  { customer, user, mission, action, since, until, before, limit }: AuditFilter,
): Promise<AuditEntry[]> {
  const schema = service.replaceAll('-', '_');
  const client = await connectStandalone({ url, schema, statementTimeoutMs: TIMEOUT_MS, name: 'operator' });
  try {
    const rows = await execute<Omit<AuditEntry, 'service'>>(client, list, [
      customer ?? null,
      user ?? null,
      mission ?? null,
      action ?? null,
      since ?? null,
      until ?? null,
      before?.at ?? null,
      before?.id ?? null,
      limit,
    ]);
    return rows.map((row) => ({ ...row, service }));
  } finally {
    await client.end();
  }
}
