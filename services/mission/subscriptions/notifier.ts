import type { EventEnvelope } from '@missions/contracts/event.ts';
import { eventReader } from '@missions/contracts/events.ts';
import { unreachable } from '@missions/contracts/notifier/events.ts';
import { type EventCommand, systemActor } from '../commands/execute-event.ts';

const readUnreachable = eventReader(unreachable);

/** Undefined for an event of a kind that this version does not know. */
export const commandForNotifierEvent = ({ type, data }: EventEnvelope): EventCommand | undefined =>
  type === unreachable
    ? { command: { type: 'LogUnreachable', question: readUnreachable(data) }, actor: systemActor }
    : undefined;
