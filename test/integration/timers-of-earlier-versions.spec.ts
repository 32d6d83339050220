import { expect } from 'chai';
import { Client } from 'pg';
import {
  formerTimerCancelledSubject,
  formerTimerSetSubject,
  timerOwnerSources,
} from '@missions/contracts/scheduler/former-timers.ts';
import {
  publishingTimerOwners,
  type PublishingTimerOwner,
  type TimerFired,
  timerSubject,
} from '@missions/contracts/scheduler/timers.ts';
import { connectAdmin, PROVISIONER } from '@missions/messaging/admin/admin-connection.ts';
import { makeConsumer } from '@missions/messaging/admin/provisioning.ts';
import { connectBus, openConnection } from '@missions/messaging/connect.ts';
import { systemClock } from '@missions/runtime/clock.ts';
import { newId } from '@missions/runtime/id.ts';
import { createLogger } from '@missions/runtime/logger.ts';
import { type DeployedServers, OBSERVER, startDeployedServers } from '@missions/test-support/deployed-servers.ts';
import type { TestDatabase } from '@missions/test-support/test-database.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { startInProcess } from './in-process.ts';

const services = { mission: 'mission', approval: 'approval', email: 'email_bridge' } as const;
const payloads = {
  mission: () => ({ blocker_id: newId() }),
  approval: () => ({ request_id: newId(), kind: 'expire' }),
  email: () => ({ tracking_id: newId() }),
} as const;

/** Up to version 0.1 all owners set their timers on the same two subjects (shared/contracts/scheduler/former-timers.ts). */
describe('timers that an earlier version set', () => {
  const logger = createLogger({ service: 'spec', level: 'silent' });
  const stops: (() => Promise<unknown>)[] = [];
  let servers: DeployedServers;
  let database: TestDatabase;
  let sql: Client;

  before(async () => {
    servers = await startDeployedServers();
    stops.push(() => servers.stop());
    database = await servers.freshDatabase();
    sql = new Client({ connectionString: database.adminUrl });
    await sql.connect();
    stops.push(() => sql.end());
    // Makes the tables.
    await (
      await startInProcess({ servers, database, clock: systemClock })
    )();
  });
  after(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  const eventOf = (owner: PublishingTimerOwner, type: string, key: string, fields: object) => {
    const scope = { customer_id: 'acme', user_id: 'ann', mission_id: newId() };
    const data = { ...scope, owner, key, ...fields };
    const time = new Date().toISOString();
    return { id: newId(), type, source: timerOwnerSources[owner], time, ...scope, version: 1, index: 0, data };
  };
  const setOf = (owner: PublishingTimerOwner, key: string) => {
    const fields = { revision: 1, fire_at: new Date().toISOString(), payload: payloads[owner]() };
    return eventOf(owner, formerTimerSetSubject, key, fields);
  };
  const leaveInOutbox = ({ id, data, ...of }: ReturnType<typeof eventOf>, schema: string) =>
    sql.query(
      `insert into ${schema}.outbox
              (event_id, type, source, time, customer_id, user_id, mission_id, version, index, data)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
      [
        id,
        ...[of.type, of.source, of.time, of.customer_id, of.user_id, of.mission_id, of.version, of.index],
        JSON.stringify(data),
      ],
    );

  it('fire, whether their set waited in an outbox or in the stream, and a cancel from there still counts', async () => {
    const observer = await connectBus({ servers: servers.natsUrlFor(OBSERVER), name: OBSERVER, logger });
    stops.push(() => observer.drain());
    const connection = await openConnection({ servers: servers.natsUrlFor(OBSERVER), name: OBSERVER, logger });
    stops.push(() => connection.nc.close());
    const subjects = [formerTimerSetSubject, formerTimerCancelledSubject];
    await makeConsumer(connection, { stream: 'SCHEDULER', durable: 'scheduler', subjects });
    for (const owner of publishingTimerOwners) {
      await leaveInOutbox(setOf(owner, `outbox:${owner}`), services[owner]);
      await observer.publish(eventOf(owner, formerTimerCancelledSubject, `cancelled:${owner}`, { revision: 2 }));
      await observer.publish(setOf(owner, `cancelled:${owner}`));
      await observer.publish(setOf(owner, `stream:${owner}`));
    }

    const deployment = await connectAdmin(servers.natsUrlFor(PROVISIONER));
    const { consumers } = await deployment.provision();
    await deployment.close();
    expect(consumers.filter(({ outcome }) => outcome !== 'unchanged')).to.deep.equal([
      { stream: 'SCHEDULER', consumer: 'scheduler', outcome: 'updated' },
    ]);
    stops.push(await startInProcess({ servers, database, clock: systemClock }));
    const fired: string[] = [];
    await observer.consume({
      setUp: makeConsumer,
      stream: 'SCHEDULER',
      service: OBSERVER,
      subjects: publishingTimerOwners.map(timerSubject),
      handleOne: async ({ type, data }) => void fired.push(`${type} ${(data as TimerFired).key}`),
    });
    const wanted = publishingTimerOwners.flatMap((owner) =>
      ['outbox', 'stream'].map((from) => `${timerSubject(owner)} ${from}:${owner}`),
    );
    await waitUntil(() => wanted.every((one) => fired.includes(one)), { what: wanted.join(', ') });
    expect(fired).to.have.members(wanted);
  });
});
