import type { OperatorResponseTo } from '@missions/client/operator-client.ts';
import type { ComponentChildren } from 'preact';
import { Reading } from '../shell/reading.tsx';
import { When } from '../text/when.tsx';
import { clocksOf, failingOf, sizeOf, spanOf } from './figures.ts';
import { operator, useRefreshed } from './reading.ts';
import { Table } from './table.tsx';
import { Webhooks } from './webhooks.tsx';

type Status = OperatorResponseTo<'getOperateStatus'>;

const UNREAD = 'could not be read';

/** What `npm run missions -- status` shows. */
export function Overview() {
  const resource = useRefreshed('status', () => operator.getOperateStatus());
  const status = resource.data.value;
  return (
    <section class="panel" aria-labelledby="overview">
      <h2 id="overview">At a glance</h2>
      <Reading of={resource}>
        {status && (
          <>
            {status.problems.length > 0 && <Problems problems={status.problems} />}
            <Facts status={status} />
            <Services services={status.services} />
            {status.streams && <Streams streams={status.streams} />}
            {status.webhooks && <Webhooks webhooks={status.webhooks} />}
          </>
        )}
      </Reading>
    </section>
  );
}

const Problems = ({ problems }: Pick<Status, 'problems'>) => (
  <div class="problem" role="status">
    <p>Not everything could be read:</p>
    <ul>
      {problems.map((problem) => (
        <li key={problem} class="written" dir="auto">
          {problem}
        </li>
      ))}
    </ul>
  </div>
);

const Fact = ({ name, children }: { name: string; children: ComponentChildren }) => (
  <>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </>
);

function Facts({ status }: { status: Status }) {
  const { version, ready, checks, dead_letters, timers, mail, push_endpoints } = status;
  const failing = failingOf(checks);
  return (
    <dl class="facts">
      <Fact name="Gateway">
        <span class={ready ? 'badge good' : 'badge bad'}>{ready ? 'ready' : 'not ready'}</span> version {version}
        {failing.map((text) => (
          <p key={text} class="trouble written" dir="auto">
            {text}
          </p>
        ))}
      </Fact>
      <Fact name="Clocks">{clocksOf(status.services)?.join(' ') ?? UNREAD}</Fact>
      <Fact name="Dead letters">{dead_letters ?? UNREAD}</Fact>
      <Fact name="Timers">
        {timers ? (
          <>
            {timers.pending} set
            {timers.overdue > 0 && <strong>, {timers.overdue} of them overdue</strong>}
            {timers.next_due_at !== null && (
              <>
                , the next is due <When time={timers.next_due_at} />
              </>
            )}
          </>
        ) : (
          UNREAD
        )}
      </Fact>
      <Fact name="Mail">{mail ? <Mail mail={mail} /> : UNREAD}</Fact>
      {push_endpoints?.map((endpoint) => (
        <Fact key={endpoint.address} name="Push">
          <Push endpoint={endpoint} />
        </Fact>
      ))}
    </dl>
  );
}

const Mail = ({ mail }: { mail: NonNullable<Status['mail']> }) => (
  <>
    {mail.queued} about to be sent
    {mail.oldest_queued_at !== null && (
      <>
        , the oldest <When time={mail.oldest_queued_at} />
      </>
    )}
    {mail.set_aside > 0 && `, ${mail.set_aside} from outside could not be read and are set aside`}
    {mail.last_error !== '' && (
      <p class="trouble written" dir="auto">
        {mail.last_error}
      </p>
    )}
  </>
);

const Push = ({ endpoint }: { endpoint: NonNullable<Status['push_endpoints']>[number] }) => (
  <>
    <bdi>{endpoint.address}</bdi>{' '}
    {endpoint.reached
      ? 'takes runs'
      : `took no run ${endpoint.failures === 1 ? 'once' : `${endpoint.failures} times in a row`}`}
    , since <When time={endpoint.since} />
    {endpoint.next_attempt_at !== null && (
      <>
        ; next attempt <When time={endpoint.next_attempt_at} />
      </>
    )}
    {endpoint.error !== '' && (
      <p class="trouble written" dir="auto">
        {endpoint.error}
      </p>
    )}
  </>
);

const Services = ({ services }: Pick<Status, 'services'>) => (
  <Table
    caption="Services"
    heads={['Service', 'Copies', 'Unpublished', 'Oldest', 'Events kept since']}
    rows={services.map(({ service, copies, pending, oldest_ms, kept_since }) => ({
      key: service,
      cells: [
        service,
        copies === 0 ? <strong class="trouble">none</strong> : (copies ?? UNREAD),
        pending ?? '–',
        pending ? spanOf(oldest_ms ?? 0) : '–',
        kept_since ? <When time={kept_since} /> : '–',
      ],
    }))}
  />
);

function Streams({ streams }: { streams: NonNullable<Status['streams']> }) {
  return (
    <>
      <Table
        caption="Streams"
        heads={['Stream', 'Messages', 'Size', 'At most', 'Newest']}
        rows={streams.map(({ stream, state }) => ({
          key: stream,
          cells: state
            ? [
                stream,
                state.messages,
                sizeOf(state.bytes),
                sizeOf(state.max_bytes),
                state.messages > 0 ? <When time={state.newest_at} /> : '–',
              ]
            : [stream, <strong class="trouble">there is none</strong>, '–', '–', '–'],
        }))}
      />
      <details>
        <summary>Consumers</summary>
        <Table
          caption="Consumers"
          heads={['Consumer', 'Stream', 'Pending', 'Unacknowledged', 'Delivered again', 'Waiting']}
          rows={streams.flatMap(({ stream, consumers }) =>
            consumers.map(({ consumer, pending, ack_pending, redelivered, waiting }) => ({
              key: `${stream} ${consumer}`,
              cells: [consumer, stream, pending, ack_pending, redelivered, waiting],
            })),
          )}
        />
      </details>
    </>
  );
}
