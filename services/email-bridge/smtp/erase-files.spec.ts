import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { PeriodicJob } from '@missions/runtime/periodic-job.ts';
import { waitUntil } from '@missions/test-support/wait-until.ts';
import {
  type BridgeUnderTest,
  emailRequestedEvent,
  missionErasedEvent,
  requestedEmail,
  startBridgeUnderTest,
} from '../testing/bridge-under-test.ts';
import { startFileErasure } from './erase-files.ts';
import { folderTransport } from './folder-transport.ts';

describe('the files of sent messages', () => {
  let service: BridgeUnderTest;
  let folder: string;
  let job: PeriodicJob | undefined;
  beforeEach(async () => {
    service = await startBridgeUnderTest();
    folder = mkdtempSync(join(tmpdir(), 'missions-outbox-'));
  });
  afterEach(async () => {
    await job?.stop();
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  const files = () => readdirSync(folder);
  const erasing = () => (job = startFileErasure({ ...service.context, db: service.db } as any, folder, 20));

  it('are removed with their mission, and no others', async () => {
    const [mine, other] = [requestedEmail(new Date()), requestedEmail(new Date())];
    await service.handle(emailRequestedEvent(mine), emailRequestedEvent(other));
    service.send({ transport: await folderTransport(folder) });
    await waitUntil(() => files().length === 4);
    const recorded = `select 1 from message where status = 'sent'`;
    await waitUntil(async () => (await service.db.pool.query(recorded)).rows.length === 2);
    const kept = (await service.db.pool.query('select id from message where email_id = $1', [other.id])).rows[0].id;
    // As `noticePage` is written beside the mail.
    for (const file of files()) writeFileSync(join(folder, file.replace('.eml', '.html')), '');
    await service.handle(missionErasedEvent(mine));
    erasing();
    await waitUntil(async () => (await service.countRows('file_to_erase')) === 0);
    expect(files()).to.have.length(4);
    for (const file of files()) expect(file).to.contain(kept);
  });

  it('are removed too if the sender was still writing them during the erasure', async () => {
    const requested = requestedEmail(new Date());
    await service.handle(emailRequestedEvent(requested));
    const transport = await folderTransport(folder);
    const [claimed, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    let over = false;
    service.send({
      transport: {
        async deliver(...call) {
          claimed.resolve();
          await release.promise;
          // Fails if the folder was cleared between the writing of the file and its renaming.
          return await transport.deliver(...call).finally(() => (over = true));
        },
      },
    });
    await claimed.promise;
    await service.handle(missionErasedEvent(requested));
    erasing();
    release.resolve();
    await waitUntil(() => over && files().length === 0);
    expect(await service.countRows('file_to_erase'), 'as long as the lease lasts, for both recipients').to.equal(2);
  });
});
