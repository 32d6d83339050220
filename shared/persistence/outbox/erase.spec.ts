import { expect } from 'chai';
import type { EventEnvelope } from '@missions/contracts/event.ts';
import { missionErased } from '@missions/contracts/mission/changes.ts';
import { newId } from '@missions/runtime/id.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import { connectStandalone } from '../session.ts';
import { logger, scratch, type Scratch, someEvent } from '../testing/scratch.ts';
import { transaction } from '../transaction.ts';
import { appendToOutbox } from './append.ts';
import { eraseEventsOfMission } from './erase.ts';
import { startRelay } from './relay.ts';
import { republishMissing } from './rebuild.ts';

describe('the outbox, after the erasure of a mission', () => {
  let database: Scratch;
  beforeEach(async () => (database = await scratch()));
  afterEach(() => database.close());

  const write = (...events: EventEnvelope[]) => transaction(database.db, (tx) => appendToOutbox(tx, events));
  const publishAll = () => database.db.pool.query('update outbox set published_at = now()');
  const keptIds = async (): Promise<string[]> =>
    (await database.db.pool.query<{ event_id: string }>('select event_id from outbox order by position')).rows.map(
      (row) => row.event_id,
    );
  const ids = (...events: EventEnvelope[]) => events.map(({ id }) => id);

  it('keeps of its events only that of the erasure, and all events of other missions and customers', async () => {
    const [gone, other] = [newId(), newId()];
    const [published, kept] = [someEvent(gone), someEvent(other)];
    await write(published, kept);
    await publishAll();
    const erased = { ...someEvent(gone), type: missionErased };
    const strangers = { ...someEvent(gone), customer_id: 'another' };
    await write(someEvent(gone), erased, strangers);
    await transaction(database.db, (tx) => eraseEventsOfMission(tx, 'acme', gone.toUpperCase()));
    expect(await keptIds()).to.deep.equal(ids(kept, erased, strangers));

    const sent: string[] = [];
    const relay = startRelay({ db: database.db, publish: async ({ id }) => void sent.push(id), logger });
    await waitUntil(() => sent.length === 2);
    await relay.stop();
    expect(sent).to.have.members(ids(erased, strangers));
  });

  it('rebuilds a lost stream from the remaining events', async () => {
    const [gone, other] = [newId(), newId()];
    const [one, kept, two] = [someEvent(gone), someEvent(other), someEvent(gone)];
    const erased = { ...someEvent(gone), type: missionErased };
    await write(one, kept, two, erased);
    await publishAll();
    await transaction(database.db, (tx) => eraseEventsOfMission(tx, 'acme', gone));
    const { url, schema } = database.db.options;
    const client = await connectStandalone({ url, schema, statementTimeoutMs: 5_000, name: 'spec' });
    const sent: string[] = [];
    const access = {
      eventIdsInStream: async () => new Set<string>(),
      publish: async ({ id }: EventEnvelope) => ({ duplicate: sent.push(id) === 0 }),
    };
    const done = await republishMissing(client, access, 'MISSION');
    await client.end();
    expect(done).to.include({ kept: 2, republished: 2 });
    expect(sent).to.have.members(ids(kept, erased));
  });

  it('finds the events of the mission by an index', async () => {
    const { rows } = await database.db.pool
      .query(`set enable_seqscan = off; explain delete from outbox where mission_id = 'x'`)
      .then((all) => (all as unknown as { rows: { 'QUERY PLAN': string }[] }[])[1] ?? { rows: [] });
    expect(rows.map((row) => row['QUERY PLAN']).join('\n')).to.contain('outbox_of_mission');
  });
});
