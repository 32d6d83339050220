import type { OperatorResponseTo } from '@missions/client/operator-client.ts';
import { useSignal } from '@preact/signals';
import { Fragment } from 'preact';
import { useAct } from '../shell/act.tsx';
import { Deliberate } from '../shell/deliberate.tsx';
import { Reading } from '../shell/reading.tsx';
import { useResource } from '../store/resource.ts';
import { When } from '../text/when.tsx';
import { operator } from './reading.ts';

interface DeadLetterProps {
  readonly letter: OperatorResponseTo<'listDeadLetters'>['dead_letters'][number];
  /** It is no dead letter any more. */
  readonly gone: () => Promise<void>;
}

export function DeadLetter({ letter, gone }: DeadLetterProps) {
  const { sequence, at, service, subject, reason, attempts, event_id, customer_id, mission_id } = letter;
  const { busy, run, trouble } = useAct();
  const isOpen = useSignal(false);
  const act = (what: () => Promise<unknown>, done: string) =>
    run(async () => {
      await what();
      await gone();
    }, done);
  const about = `dead letter ${sequence}`;
  const facts = [
    ['customer', customer_id],
    ['mission', mission_id],
    ['event', event_id],
  ].filter(([, value]) => value !== '');
  return (
    <li>
      <h3>
        <bdi>{subject}</bdi>
      </h3>
      <p class="trouble written" dir="auto">
        {reason}
      </p>
      <p class="quiet small">
        No. {sequence}, for <bdi>{service}</bdi>, after {attempts === 1 ? 'one attempt' : `${attempts} attempts`},{' '}
        <When time={at} />
        {facts.map(([name, value]) => (
          <span key={name}>
            , {name} <bdi>{value}</bdi>
          </span>
        ))}
      </p>
      <details onToggle={({ currentTarget }) => (isOpen.value = currentTarget.open)}>
        <summary>
          Headers and body<span class="unseen"> of {about}</span>
        </summary>
        {isOpen.value && <Content sequence={sequence} />}
      </details>
      <div class="actions">
        <Deliberate
          label="Replay"
          verb="Replay it"
          mends
          about={about}
          disabled={busy}
          onAct={() => act(() => operator.replayDeadLetter(sequence), `The ${about} is handled again`)}
        >
          It is published again as it is. Consumers that had its effect do not have it again.
        </Deliberate>
        <Deliberate
          label="Drop"
          verb="Drop it for good"
          about={about}
          disabled={busy}
          onAct={() => act(() => operator.dropDeadLetter(sequence), `The ${about} was dropped`)}
        >
          It is thrown away, and what it says never comes about. This cannot be undone.
        </Deliberate>
      </div>
      {trouble}
    </li>
  );
}

function Content({ sequence }: { sequence: number }) {
  const resource = useResource(
    `operate dead letter ${sequence}`,
    () => operator.getDeadLetter(sequence),
    () => false,
  );
  const letter = resource.data.value;
  return (
    <Reading of={resource}>
      {letter && (
        <>
          <dl class="facts">
            {Object.entries(letter.headers).map(([name, value]) => (
              <Fragment key={name}>
                <dt>
                  <bdi>{name}</bdi>
                </dt>
                <dd>
                  <bdi>{value}</bdi>
                </dd>
              </Fragment>
            ))}
          </dl>
          <pre class="written" dir="auto" tabIndex={0} role="region" aria-label={`Body of dead letter ${sequence}`}>
            {letter.body}
          </pre>
        </>
      )}
    </Reading>
  );
}
