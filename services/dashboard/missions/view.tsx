import type { ListedMission } from '../store/shapes.ts';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import { EndingLine, Progress, StandingLine } from '../mission/head.tsx';
import { standingOf } from '../mission/standing.ts';
import { useAct } from '../shell/act.tsx';
import { View } from '../shell/view.tsx';
import { When } from '../text/when.tsx';
import { addressOf, type Filter, filterOf, sortWords, TABS, tabWords } from './filter.ts';
import { MissionsData } from './data.ts';
import { NewMission } from './new-mission.tsx';

/** `/missions` */
export default function MissionsView() {
  const { url, route } = useLocation();
  const filter = filterOf(new URL(url, location.origin).search);
  const key = addressOf(filter);
  const data = useMemo(() => new MissionsData(filter), [key]);
  useEffect(() => data.open(), [data]);
  const change = (part: Partial<Filter>) => route(addressOf({ ...filter, ...part }), true);
  return (
    <View heading="Missions" aside={<NewMission />}>
      <nav aria-label="Which missions" class="tabs">
        {TABS.map((tab) => (
          <a key={tab} href={addressOf({ ...filter, tab })} aria-current={tab === filter.tab ? 'page' : undefined}>
            {tabWords[tab]}
          </a>
        ))}
      </nav>
      <Filters filter={filter} change={change} />
      <Rows data={data} filter={filter} />
    </View>
  );
}

const TYPED_MS = 250;

function Filters({ filter, change }: { readonly filter: Filter; readonly change: (part: Partial<Filter>) => void }) {
  const typed = useSignal(filter.q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => {
    if (filter.q !== typed.peek().trim()) typed.value = filter.q;
  }, [filter.q]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const search = (q: string) => {
    clearTimeout(timer.current);
    change({ q: q.trim() });
  };
  return (
    <form
      role="search"
      class="filters"
      onSubmit={(event) => {
        event.preventDefault();
        search(typed.value);
      }}
    >
      <label>
        Search
        <input
          type="search"
          name="q"
          maxLength={500}
          value={typed.value}
          placeholder="Words in titles and tasks"
          onInput={({ currentTarget: { value } }) => {
            typed.value = value;
            clearTimeout(timer.current);
            timer.current = setTimeout(() => search(value), TYPED_MS);
          }}
        />
      </label>
      <label>
        Priority
        <select
          value={filter.priority}
          onChange={({ currentTarget }) => change({ priority: currentTarget.value as Filter['priority'] })}
        >
          <option value="">Any</option>
          <option value="urgent">Urgent</option>
          <option value="high">High</option>
          <option value="normal">Normal</option>
          <option value="low">Low</option>
        </select>
      </label>
      <label>
        Order
        <select
          value={filter.sort}
          onChange={({ currentTarget }) => change({ sort: currentTarget.value as Filter['sort'] })}
        >
          {Object.entries(sortWords).map(([sort, words]) => (
            <option key={sort} value={sort}>
              {words}
            </option>
          ))}
        </select>
      </label>
    </form>
  );
}

function Rows({ data, filter }: { readonly data: MissionsData; readonly filter: Filter }) {
  const { busy, run } = useAct();
  const rows = data.rows.value;
  const failed = data.error.value !== undefined;
  const fresh = data.fresh.value.size;
  return (
    <>
      {failed && (
        <p role="alert" class="problem">
          The missions cannot be read at the moment.{' '}
          <button type="button" onClick={() => void data.reload()}>
            Try again
          </button>
        </p>
      )}
      {!rows && !failed && <p class="late">Reading your missions …</p>}
      {fresh > 0 && (
        <p class="fresh">
          <button type="button" onClick={() => void data.reload()}>
            {fresh === 1 ? 'One new mission' : `${fresh} new missions`}: show
          </button>
        </p>
      )}
      {rows?.length === 0 && <Nothing filter={filter} />}
      {rows && rows.length > 0 && (
        <ul class="cards">
          {rows.map((mission) => (
            <Row key={mission.id} mission={mission} />
          ))}
        </ul>
      )}
      {data.next.value !== null && (
        <div class="actions">
          <button type="button" disabled={busy} onClick={() => run(() => data.more())}>
            Show more
          </button>
        </div>
      )}
    </>
  );
}

function Row({ mission }: { readonly mission: ListedMission }) {
  return (
    <li class="card">
      <h2>
        <a href={`/missions/${mission.id}`}>
          <bdi>{mission.title}</bdi>
        </a>
      </h2>
      {mission.priority !== 'normal' && <span class={`badge ${mission.priority}`}>{mission.priority}</span>}
      <StandingLine standing={standingOf({ mission, blockers: mission.blockers })} />
      <EndingLine mission={mission} />
      <Progress mission={mission} />
      <p class="quiet small">
        Changed <When time={mission.updated_at} />
        {mission.due_at && (
          <>
            , due <When time={mission.due_at} />
          </>
        )}
      </p>
    </li>
  );
}

const NOTHING: Readonly<Record<Filter['tab'], string>> = {
  open: 'No mission is open.',
  waiting: 'No mission waits for anything.',
  done: 'No mission has ended yet.',
  all: 'There are no missions yet.',
  deleted: 'No mission was deleted in the last 30 days.',
};

function Nothing({ filter }: { readonly filter: Filter }) {
  if (filter.q || filter.priority)
    return (
      <p class="nothing">
        No mission matches. <a href={addressOf({ ...filter, q: '', priority: '' })}>Show all of this tab</a>
      </p>
    );
  return (
    <div class="nothing">
      <p>{NOTHING[filter.tab]}</p>
      {(filter.tab === 'open' || filter.tab === 'all') && (
        <p>
          A mission is work that outlives a conversation: agents plan it, go on with it for days, and ask you when they
          need you. Tell an agent what you want, or begin one here.
        </p>
      )}
    </div>
  );
}
