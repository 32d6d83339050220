import { isTraced, inSpan } from '@missions/runtime/span.ts';
import type pg from 'pg';

/**
 * Runs a statement as a span of the call that it is part of, by the names of OpenTelemetry's conventions for PostgreSQL
 * (https://opentelemetry.io/docs/specs/semconv/database/postgresql/). It says which statement ran and where; text and
 * values are left out, and so is what the server says of an error, which may name them. Polls belong to no call and make
 * none, and without telemetry it costs a look at a variable.
 */
export function inStatementSpan<T>(
  client: pg.ClientBase | undefined,
  summary: string,
  fn: () => Promise<T>,
): Promise<T> {
  if (!isTraced()) return fn();
  return inSpan(summary, { kind: 'client', attributes: () => attributesOf(client, summary), failed }, fn);
}

function attributesOf(client: pg.ClientBase | undefined, summary: string): Record<string, string | number> {
  const { database, host, port } = (client ?? {}) as Partial<Pick<pg.Client, 'database' | 'host' | 'port'>>;
  return {
    'db.system.name': 'postgresql',
    'db.query.summary': summary,
    ...(database !== undefined && { 'db.namespace': database }),
    ...(host !== undefined && { 'server.address': host }),
    ...(port !== undefined && { 'server.port': port }),
  };
}

/** Five characters, such as 23505 for a value that is there already. */
const SQLSTATE = /^[0-9A-Z]{5}$/;

function failed(error: unknown): Record<string, string> {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown };
  const type = typeof code === 'string' ? code : typeof name === 'string' ? name : '_OTHER';
  return { 'error.type': type, ...(SQLSTATE.test(type) && { 'db.response.status_code': type }) };
}
