import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { type EventSubject, events } from '@missions/contracts/events.ts';
import { product } from '@missions/test-support/shared-product.ts';
import { everyEvent, isPublished } from './all-scenarios.ts';
import { folder, sampleFile, sampleOf } from './sample.ts';

/**
 * `node test/contract/events/record.ts`: writes a golden sample for each kind of event that has none yet, from what the
 * product says today. An existing sample is never overwritten: it represents events that are already stored somewhere,
 * and later versions must still read them.
 */
const running = await product();
try {
  const messages = await everyEvent(running, (Object.keys(events) as EventSubject[]).filter(isPublished));
  mkdirSync(folder, { recursive: true });
  for (const type of new Set(messages.map(({ subject }) => subject))) {
    if (existsSync(sampleFile(type))) continue;
    // The longest event has the most members.
    const [richest] = messages
      .filter(({ subject }) => subject === type)
      .toSorted((one, other) => other.body.length - one.body.length);
    if (!richest) continue;
    writeFileSync(sampleFile(type), `${JSON.stringify(sampleOf(richest), null, 2)}\n`);
    console.log(`recorded ${type}`);
  }
} finally {
  await running.stop();
  await running.servers.stop();
}
