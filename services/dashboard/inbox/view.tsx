import { useSignal, useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { useKeys } from '../shell/keys.ts';
import { Reading } from '../shell/reading.tsx';
import { View } from '../shell/view.tsx';
import { type InboxItem, type InboxPage, useInbox, wantMore } from '../store/inbox.ts';
import { type Arranged, arranged, GROUPS, rearrange, type Row } from './arrange.ts';
import { Empty } from './empty.tsx';
import { markFailure, markNew, markSeen } from './marks.ts';
import { PutOff } from './put-off.tsx';
import { PutOffItems } from './put-off-items.tsx';
import { InboxRow } from './row.tsx';

const NAMES = { answer: 'Answer', look_at: 'Look at', ending: 'About to end' } as const;

/** With the page that it was arranged by: a button that went before its rows have come would move what is read. */
interface Shown extends Arranged {
  readonly page: InboxPage;
}

/** Everything that waits for the user. What is being read does not move: see `rearrange`. */
export default function Inbox() {
  const resource = useInbox();
  const { data, reload } = resource;
  const shown = useSignal<Shown | undefined>(undefined);
  const puttingOff = useSignal<InboxItem | undefined>(undefined);
  const list = useRef<HTMLDivElement>(null);
  useSignalEffect(() => {
    const page = data.value;
    if (!page) return;
    const before = shown.peek()?.rows;
    // Nobody reads a tab that is not on the screen.
    const isRead = before !== undefined && document.visibilityState === 'visible';
    shown.value = { ...(isRead ? rearrange(before, page) : arranged(page)), page };
  });

  const focused = (): InboxItem | undefined => {
    const id = focusedRow()?.getAttribute('data-item');
    return shown.value?.rows.find(({ item }) => item.id === id)?.item;
  };
  const move = (by: 1 | -1): void => {
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-item]') ?? [])];
    const now = rows.findIndex((row) => row.contains(document.activeElement));
    const next = rows[now === -1 ? 0 : Math.min(rows.length - 1, Math.max(0, now + by))];
    next?.querySelector('a')?.focus();
  };
  useKeys([
    { press: 'j', says: 'next', do: () => move(1) },
    { press: 'k', says: 'previous', do: () => move(-1) },
    { press: 'o', says: 'open', do: () => focusedRow()?.querySelector('a')?.click() },
    { press: 'e', says: 'mark as seen', do: () => void seen(focused()) },
    { press: 'u', says: 'mark as new', do: () => void asNew(focused()) },
    { press: 'h', says: 'put off', do: () => (puttingOff.value = focused()) },
  ]);
  const seen = async (item: InboxItem | undefined): Promise<void> => {
    if (item && (await markSeen(item))) await reload();
  };
  const asNew = async (item: InboxItem | undefined): Promise<void> => {
    if (item && (await markNew(item))) await reload();
  };
  const showNew = (): void => {
    if (!data.value) return;
    shown.value = { ...arranged(data.value), page: data.value };
    scrollTo(0, 0);
  };

  const showMore = (): void => {
    wantMore();
    void reload();
  };

  // Effects run once the view is painted, which would show an empty inbox first.
  const opening = shown.value ? undefined : data.value;
  const { page, rows, held } = shown.value ?? { page: opening, ...arranged(opening ?? { items: [] }) };
  return (
    <View heading="Inbox">
      <div role="status" class="newcomers">
        {held.length > 0 && (
          <button type="button" class="primary" onClick={showNew}>
            {held.length} new: <bdi>{held[0]?.summary}</bdi>
          </button>
        )}
      </div>
      <Reading of={resource}>
        <div ref={list}>
          {GROUPS.map((group) => (
            <Group
              key={group}
              group={group}
              count={page?.counts[group] ?? 0}
              rows={rows.filter(({ item }) => item.group === group)}
              onSeen={(item) => void (item.seen_at === undefined ? seen(item) : asNew(item))}
              onPutOff={(item) => (puttingOff.value = item)}
            />
          ))}
        </div>
        {rows.every(({ isOver }) => isOver) && <Empty wasFull={rows.length > 0} />}
        {page?.next_cursor && (
          <button type="button" onClick={showMore}>
            Show more
          </button>
        )}
        {page?.wakes_at && <PutOffItems wakesAt={page.wakes_at} />}
      </Reading>
      <p role="status" class="mark-failure">
        {puttingOff.value ? '' : markFailure.value}
      </p>
      <PutOff item={puttingOff} onDone={() => void reload()} />
    </View>
  );
}

const focusedRow = (): Element | null => document.activeElement?.closest('[data-item]') ?? null;

interface GroupProps {
  readonly group: InboxItem['group'];
  readonly count: number;
  readonly rows: readonly Row[];
  readonly onSeen: (item: InboxItem) => void;
  readonly onPutOff: (item: InboxItem) => void;
}

function Group({ group, count, rows, onSeen, onPutOff }: GroupProps) {
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby={group} class="group">
      <h2 id={group}>
        {NAMES[group]} <span class="number">{count}</span>
      </h2>
      <ul class="rows">
        {rows.map((row) => (
          <InboxRow key={row.item.id} row={row} onSeen={() => onSeen(row.item)} onPutOff={() => onPutOff(row.item)} />
        ))}
      </ul>
    </section>
  );
}
