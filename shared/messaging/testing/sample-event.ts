import type { EventEnvelope } from '@missions/contracts/event.ts';
import { newId } from '@missions/runtime/id.ts';

/** An event of a new mission, with the given properties changed. */
export const sampleEvent = (over: Partial<EventEnvelope> = {}): EventEnvelope => ({
  id: newId(),
  type: 'mission.created',
  source: '/services/mission',
  time: '2026-01-02T03:04:05.678Z',
  customer_id: 'acme',
  user_id: 'ann',
  mission_id: newId(),
  version: 1,
  index: 0,
  data: {},
  ...over,
});
