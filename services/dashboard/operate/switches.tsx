import type { OperatorResponseTo } from '@missions/client/operator-client.ts';
import { useAct } from '../shell/act.tsx';
import { Deliberate } from '../shell/deliberate.tsx';
import { Reading } from '../shell/reading.tsx';
import type { Resource } from '../store/resource.ts';
import { When } from '../text/when.tsx';
import { Written } from '../text/written.tsx';
import { operator, useRefreshed } from './reading.ts';
import { StopRuns } from './stop-runs.tsx';
import { type Target, Whose } from './whose.tsx';

type SwitchList = OperatorResponseTo<'listKillSwitches'>;
type KillSwitch = SwitchList['kill_switches'][number];

/** Whose runs are stopped, since when, by whom and why; and the way to stop more. */
export function Switches() {
  const resource = useRefreshed('switches', () => operator.listKillSwitches());
  const switches = resource.data.value?.kill_switches;
  return (
    <section class="panel" aria-labelledby="switches">
      <h2 id="switches">Kill switch</h2>
      <Reading of={resource}>
        {switches?.length === 0 && <p class="quiet">It is off: nobody’s runs are stopped.</p>}
        {switches && switches.length > 0 && (
          <ul class="switches">
            {switches.map((one) => (
              <Switch key={keyOf(one)} one={one} list={resource} />
            ))}
          </ul>
        )}
        <StopRuns list={resource} />
      </Reading>
    </section>
  );
}

const targetOf = ({ scope, customer_id, user_id, mission_id }: KillSwitch): Target | undefined =>
  scope === 'own'
    ? undefined
    : {
        scope,
        ...(customer_id !== undefined && { customer_id }),
        ...(user_id !== undefined && { user_id }),
        ...(mission_id !== undefined && { mission_id }),
      };
const keyOf = ({ scope, customer_id, user_id, mission_id }: KillSwitch): string =>
  JSON.stringify([scope, customer_id, user_id, mission_id]);

function Switch({ one, list }: { one: KillSwitch; list: Resource<SwitchList> }) {
  const { busy, run, trouble } = useAct();
  const target = targetOf(one);
  const lift = () =>
    run(async () => {
      if (target) await operator.setKillSwitch({ ...target, on: false });
      await list.reload();
    }, 'The kill switch is off; their runs go on');
  return (
    <li>
      <p>
        <strong class="trouble">
          <Whose target={one} />
        </strong>
        <span class="quiet small">
          {' '}
          stopped <When time={one.set_at} absolute />
          {!target && ' by themselves'}
          {one.set_by && (
            <>
              {' '}
              by <bdi>{one.set_by}</bdi>
            </>
          )}
        </span>
      </p>
      {one.reason && <Written as="p" text={one.reason} />}
      {target && (
        <div class="actions">
          <Deliberate label="Let them go on" verb="Let them go on" mends disabled={busy} onAct={lift}>
            Agents get runs again: <Whose target={one} />.
          </Deliberate>
        </div>
      )}
      {trouble}
    </li>
  );
}
