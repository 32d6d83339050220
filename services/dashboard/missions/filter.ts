import type { MissionsQuery } from '../store/shapes.ts';

/** The filters of the list live in the address, so that a list can be kept, sent and gone back to. */
export const TABS = ['open', 'waiting', 'done', 'all', 'deleted'] as const;
export type Tab = (typeof TABS)[number];

export const tabWords: Readonly<Record<Tab, string>> = {
  open: 'Open',
  waiting: 'Waiting',
  done: 'Done',
  all: 'All',
  deleted: 'Deleted',
};

const PRIORITIES = ['low', 'normal', 'high', 'urgent'] as const;
const SORTS = ['-created_at', '-updated_at', 'due_at', '-priority'] as const;

export interface Filter {
  readonly tab: Tab;
  readonly q: string;
  readonly priority: (typeof PRIORITIES)[number] | '';
  readonly sort: (typeof SORTS)[number];
}

export const sortWords: Readonly<Record<Filter['sort'], string>> = {
  '-updated_at': 'Changed last',
  '-created_at': 'Newest',
  due_at: 'Due first',
  '-priority': 'Most pressing',
};
const USUAL: Filter = { tab: 'open', q: '', priority: '', sort: '-updated_at' };

/** What the address says, and the usual where it says nothing that is known. */
export function filterOf(search: string): Filter {
  const given = new URLSearchParams(search);
  const known = <T extends string>(name: string, values: readonly T[], usual: T): T =>
    values.find((value) => value === given.get(name)) ?? usual;
  return {
    tab: known('tab', TABS, USUAL.tab),
    q: (given.get('q') ?? '').slice(0, 500),
    priority: known('priority', PRIORITIES, USUAL.priority as never),
    sort: known('sort', SORTS, USUAL.sort),
  };
}

/** The address of a list; what is usual is left out. */
export function addressOf(filter: Filter): string {
  const given = Object.entries(filter).filter(([name, value]) => value !== USUAL[name as keyof Filter]);
  const query = new URLSearchParams(given as [string, string][]).toString();
  return `/missions${query && `?${query}`}`;
}

const STATUSES: Readonly<Record<Tab, MissionsQuery['status'] | undefined>> = {
  open: ['active', 'waiting', 'paused'],
  waiting: ['waiting'],
  done: ['completed', 'cancelled', 'failed'],
  all: undefined,
  deleted: undefined,
};

/** The query of the call that reads the list. */
export function queryOf({ tab, q, priority, sort }: Filter): MissionsQuery {
  const status = STATUSES[tab];
  return {
    sort,
    ...(status && { status }),
    ...(q.trim() && { q: q.trim() }),
    ...(priority && { priority: [priority] }),
    ...(tab === 'deleted' && { deleted: true }),
  };
}
