import type { UserResponseTo } from '@missions/client/user-client.ts';
import { useAct } from '../shell/act.tsx';
import { Deliberate } from '../shell/deliberate.tsx';
import { client } from '../store/client.ts';
import type { Resource } from '../store/resource.ts';
import { When } from '../text/when.tsx';
import { conditionsOf, type Rule, usesOf } from './rule-words.ts';

export type Stop = UserResponseTo<'getMyStop'>;
export type Rules = UserResponseTo<'listMyApprovalRules'>;

interface AgentsProps {
  readonly stop: Resource<Stop>;
  readonly rules: Resource<Rules>;
  readonly tryAgain: () => void;
}

/** What agents may do without me: the switch that stops them all, and what I have decided beforehand. */
export function Agents({ stop, rules, tryAgain }: AgentsProps) {
  const failed = stop.error.value ?? rules.error.value;
  const list = rules.data.value?.approval_rules;
  return (
    <section class="panel" aria-labelledby="agents">
      <h2 id="agents">Agents that work for you</h2>
      {!stop.data.value && !failed && <p class="late">Reading whether agents may work for you …</p>}
      {failed && (
        <p role="alert">
          That cannot be read at the moment.{' '}
          <button type="button" onClick={tryAgain}>
            Try again
          </button>
        </p>
      )}
      {stop.data.value && <StopSwitch stop={stop.data.value} reload={stop.reload} />}
      {list && list.length > 0 && <h3>What you have decided beforehand</h3>}
      <ul class="sessions">
        {list?.map((rule) => (
          <OneRule key={rule.id} rule={rule} reload={rules.reload} />
        ))}
      </ul>
    </section>
  );
}

function StopSwitch({ stop, reload }: { readonly stop: Stop; readonly reload: () => Promise<void> }) {
  const { busy, run, trouble } = useAct();
  const turn = (act: () => Promise<unknown>, done: string): void =>
    run(async () => {
      await act();
      await reload();
    }, done);
  if (stop.stopped)
    return (
      <>
        <p class="note">
          <strong>All work of agents for you is stopped</strong>
          {stop.since && (
            <>
              , since <When time={stop.since} />
            </>
          )}
          . Nothing goes on by itself, and no mail is sent.
        </p>
        <div class="actions">
          <button
            type="button"
            class="primary"
            disabled={busy}
            onClick={() => turn(() => client.letMyAgentsGoOn(), 'Agents may work for you again')}
          >
            Let them go on
          </button>
        </div>
        {trouble}
      </>
    );
  return (
    <>
      <p class="quiet">
        Missions that may go on by themselves are worked on by agents without you. You can stop all of that at once;
        nothing is lost by it.
      </p>
      <div class="actions">
        <button
          type="button"
          class="danger"
          disabled={busy}
          onClick={() => turn(() => client.stopMyAgents(), 'All work of agents for you is stopped')}
        >
          Stop all work of agents for me
        </button>
      </div>
      {trouble}
    </>
  );
}

function OneRule({ rule, reload }: { readonly rule: Rule; readonly reload: () => Promise<void> }) {
  const { busy, run, trouble } = useAct();
  const conditions = conditionsOf(rule);
  const change = (act: () => Promise<unknown>, done: string): void =>
    run(async () => {
      await act();
      await reload();
    }, done);
  return (
    <li>
      <p>
        {!rule.enabled && <strong>Off: </strong>}
        <bdi class="says">{rule.option}</bdi>, if{' '}
        {conditions.map((condition, index) => (
          <>
            {index > 0 && ', and '}
            <bdi>{condition}</bdi>
          </>
        ))}
        <span class="quiet small">
          . {usesOf(rule)}
          {rule.until && (
            <>
              ; it ends <When time={rule.until} />
            </>
          )}
        </span>
      </p>
      <div class="actions quietly">
        <button
          type="button"
          class="plain"
          disabled={busy}
          onClick={() =>
            change(
              () => client.updateMyApprovalRule(rule.id, { enabled: !rule.enabled }),
              rule.enabled ? 'The rule is off: you are asked again' : 'The rule is on',
            )
          }
        >
          {rule.enabled ? 'Switch it off' : 'Switch it on'}
          <span class="unseen"> ({conditions.join(', ')})</span>
        </button>
        <Deliberate
          label="Remove it"
          verb="Remove it"
          about={`(${conditions.join(', ')})`}
          disabled={busy}
          onAct={() => change(() => client.removeMyApprovalRule(rule.id), 'The rule is removed')}
        >
          You are asked again whenever it would have answered. What it has answered stays answered.
        </Deliberate>
      </div>
      {trouble}
    </li>
  );
}
