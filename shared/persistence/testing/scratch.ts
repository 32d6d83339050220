import { Migration } from '@mikro-orm/migrations';
import { defineEntity, p } from '@mikro-orm/core';
import { servers, type TestServers } from '@missions/test-support/stack.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { newId } from '@missions/runtime/id.ts';
import { type Database, type DatabaseOptions, openDatabase } from '../database.ts';
import { migrate } from '../migrate.ts';
import { newIdsOnly, outboxEntities, outboxTables } from '../schema.ts';

/**
 * For the specs of this package: a service's database with the tables of this package, and one more table to write to.
 */
const Counter = defineEntity({
  name: 'Counter',
  tableName: 'counter',
  properties: { id: p.text().primary(), value: p.integer().default(0) },
});
export class CounterEntity extends Counter.class {}
Counter.setClass(CounterEntity);

export class FirstMigration extends Migration {
  override name = 'first';
  override up(): void {
    for (const sql of [...outboxTables(), ...newIdsOnly()]) this.addSql(sql);
    this.addSql('create table counter (id text primary key, value int not null default 0)');
  }
}

export const logger = createLogger({ service: 'spec', level: 'silent' });
const SERVICE = 'mission';

export interface Scratch {
  db: Database;
  /** Opens the same database as another process would. `close` closes it too. */
  another(options?: Partial<DatabaseOptions>): Promise<Database>;
  /** URL of the database with the service's role. */
  url: string;
  /** URL of the database with the superuser. */
  adminUrl: string;
  close(): Promise<void>;
}

export async function scratch(options: Partial<DatabaseOptions> = {}, from?: TestServers): Promise<Scratch> {
  const database = await (from ?? (await servers())).freshDatabase({ services: [SERVICE] });
  const opened: Database[] = [];
  const another = async (more: Partial<DatabaseOptions> = {}): Promise<Database> => {
    const db = await openDatabase({
      url: database.urlFor(SERVICE),
      schema: SERVICE,
      entities: [...outboxEntities, CounterEntity],
      migrations: [FirstMigration],
      logger,
      ...options,
      ...more,
    });
    opened.push(db);
    return db;
  };
  const db = await another();
  if (!options.migrations) await migrate(db);
  return {
    db,
    another,
    url: database.urlFor(SERVICE),
    adminUrl: database.adminUrl,
    close: async () => void (await Promise.all(opened.map((it) => it.close()))),
  };
}

let made = 0;

export const someEvent = (missionId: string, data: Record<string, unknown> = {}): EventEnvelope => ({
  id: newId(),
  type: 'mission.updated',
  source: '/services/mission',
  time: '2026-01-02T03:04:05.670Z',
  customer_id: 'acme',
  user_id: 'ann',
  mission_id: missionId,
  version: ++made,
  index: 0,
  data,
});
