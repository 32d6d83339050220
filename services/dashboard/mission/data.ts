import type { EmailOfMission, InputRequest, MissionDetail, MissionEvent } from '../store/shapes.ts';
import type { UserResponseTo } from '@missions/client/user-client.ts';
import { signal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import { client } from '../store/client.ts';
import { type Resource, useResource } from '../store/resource.ts';

/** The mission itself. What belongs to it is read by the components that show it: of a deleted one there is nothing else. */
export interface MissionData {
  readonly mission: Resource<UserResponseTo<'getMyMission'>>;
  /** What a control's answer says is newer than what is shown. */
  show(detail: MissionDetail): void;
}

const PAGE = 50;
const OF_MAIL: readonly string[] = ['blocked', 'unblocked', 'external_event', 'note'];
const OF_RUNS: readonly string[] = ['run_started', 'run_finished'];

export function useMission(id: string): MissionData {
  const mission = useResource(
    `mission ${id}`,
    () => client.getMyMission(id, { include_events: 0 }),
    (entry) => entry.mission_id === id,
  );
  return {
    mission,
    show: (detail) => {
      if (detail.version >= (mission.data.peek()?.version ?? 0)) mission.show(detail);
    },
  };
}

interface MailData {
  /** Newest first; empty until it was read. */
  readonly emails: readonly EmailOfMission[];
  readonly failed: boolean;
  readonly next: string | null;
  more(): Promise<void>;
}

/** As many e-mails as the reader has asked for; all of them are read again when one changes, which an old one may. */
export function useMail(id: string): MailData {
  const pages = useMemo(() => ({ wanted: 1 }), [id]);
  const mail = useResource<UserResponseTo<'listMyMissionEmails'>>(
    `mail ${id}`,
    async () => {
      let page = await client.listMyMissionEmails(id);
      for (let read = 1; read < pages.wanted && page.next_cursor !== null; read++) {
        const next = await client.listMyMissionEmails(id, { cursor: page.next_cursor });
        page = { ...next, emails: [...page.emails, ...next.emails] };
      }
      return page;
    },
    (entry) => entry.mission_id === id && OF_MAIL.includes(entry.event_type),
  );
  return {
    emails: mail.data.value?.emails ?? [],
    failed: mail.error.value !== undefined,
    next: mail.data.value?.next_cursor ?? null,
    more: async () => {
      pages.wanted += 1;
      await mail.reload();
      if (mail.error.value) throw mail.error.value;
    },
  };
}

export const useRuns = (id: string): Resource<UserResponseTo<'listMyMissionRuns'>> =>
  useResource(
    `runs ${id}`,
    () => client.listMyMissionRuns(id, { limit: PAGE }),
    (entry) => entry.mission_id === id && OF_RUNS.includes(entry.event_type),
  );

/** The approval service alone declares the members of questions; the mission's representation carries them as they are. */
export const questionsOf = ({ input_requests }: MissionDetail): readonly InputRequest[] =>
  input_requests as unknown as readonly InputRequest[];

interface HistoryData {
  /** Newest first; undefined until it was read. */
  readonly events: readonly MissionEvent[] | undefined;
  readonly failed: boolean;
  readonly hasEarlier: boolean;
  earlier(): Promise<void>;
}

interface Shown {
  readonly events: readonly MissionEvent[];
  readonly next: string | null;
}

/** Of a page that stays open beside a busy mission: it begins again with the newest entries. */
const MOST_SHOWN = 5_000;

/**
 * The newest page, read again when something happens, and below it all that was shown before: an entry that left the
 * end of the list for each that comes would move what is read there.
 */
export function useHistory(id: string): HistoryData {
  const newest = useResource(
    `history ${id}`,
    () => client.listMyMissionEvents(id, { order: 'desc', limit: PAGE }),
    (entry) => entry.mission_id === id,
  );
  const before = useMemo(() => signal<Shown | undefined>(undefined), [id]);
  const page = newest.data.value;
  const shown = useMemo(() => page && joined(page, before.value), [page, before.value]);
  useEffect(() => {
    before.value = shown;
  }, [shown]);
  const next = shown?.next ?? null;
  return {
    events: shown?.events,
    failed: page === undefined && newest.error.value !== undefined,
    hasEarlier: next !== null,
    earlier: async () => {
      if (next === null) return;
      const read = await client.listMyMissionEvents(id, { order: 'desc', limit: PAGE, cursor: next });
      before.value = { events: merged(before.peek()?.events ?? [], read.events), next: read.next_cursor };
    },
  };
}

/** When more has happened than a page holds, what was shown no longer follows on it. */
function joined(page: UserResponseTo<'listMyMissionEvents'>, before: Shown | undefined): Shown {
  if (before && joins(page.events, before.events)) {
    if (page.events.every((event) => before.events.includes(event))) return before;
    if (before.events.length < MOST_SHOWN) return { events: merged(page.events, before.events), next: before.next };
  }
  return { events: page.events, next: page.next_cursor };
}

const joins = (newer: readonly MissionEvent[], older: readonly MissionEvent[]): boolean =>
  (older[0]?.sequence ?? 0) + 1 >= (newer.at(-1)?.sequence ?? 0);

/** Each entry once, newest first. */
function merged(one: readonly MissionEvent[], other: readonly MissionEvent[]): readonly MissionEvent[] {
  const bySequence = new Map([...other, ...one].map((event) => [event.sequence, event]));
  return [...bySequence.values()].toSorted((a, b) => b.sequence - a.sequence);
}
