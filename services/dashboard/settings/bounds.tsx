import type { UserResponseTo } from '@missions/client/user-client.ts';
import { useSignal } from '@preact/signals';
import { Table } from '../operate/table.tsx';
import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';
import { me } from '../store/session.ts';
import { type Bounds, boundsIn, costsIn } from './bounds-in.ts';
import { HourFields } from './hour-fields.tsx';

/** What agents may use for me in a day, when they may work, and what they have used. */
export function MyBounds() {
  const bounds = useResource(
    'limits',
    () => client.getMyLimits(),
    () => false,
  );
  const usage = useResource(
    'usage',
    () => client.getMyUsage({ days: 30 }),
    (entry) => entry.event_type === 'run_finished',
  );
  const failed = bounds.error.value ?? usage.error.value;
  return (
    <section class="panel" aria-labelledby="bounds">
      <h2 id="bounds">What agents may use for you</h2>
      {failed && <p role="alert">That cannot be read at the moment.</p>}
      <p class="quiet">
        Runs that agents begin by themselves, for all your missions together. A day begins at your midnight; a mission
        may have tighter limits of its own.
      </p>
      {bounds.data.value && (
        <BoundsForm of={bounds.data.value} save={(all) => client.setMyLimits(all)} show={bounds.show} />
      )}
      {usage.data.value && <UsedDays days={usage.data.value.days} />}
    </section>
  );
}

/** The same for one mission. */
export function MissionBounds({ missionId }: { readonly missionId: string }) {
  const bounds = useResource(
    `limits ${missionId}`,
    () => client.getMyMissionLimits(missionId),
    () => false,
  );
  return (
    <section aria-labelledby="bounds">
      <h2 id="bounds">What agents may use</h2>
      {bounds.error.value && <p role="alert">That cannot be read at the moment.</p>}
      {bounds.data.value && (
        <details>
          <summary>{isBounded(bounds.data.value) ? 'This mission has limits' : 'No limits of its own'}</summary>
          <BoundsForm
            of={bounds.data.value}
            save={(all) => client.setMyMissionLimits(missionId, all)}
            show={bounds.show}
          />
        </details>
      )}
    </section>
  );
}

const isBounded = (bounds: Bounds): boolean => Object.values(bounds).some((bound) => bound !== null);

interface BoundsFormProps {
  readonly of: Bounds;
  readonly save: (bounds: Bounds) => Promise<Bounds>;
  readonly show: (bounds: Bounds) => void;
}

const OFFERED = { from: '08:00', to: '18:00', weekdays: ['mon', 'tue', 'wed', 'thu', 'fri'] };

function BoundsForm({ of, save, show }: BoundsFormProps) {
  const { busy, run, trouble } = useAct();
  const hasHours = useSignal(of.hours !== null);
  const { from, to, weekdays } = of.hours ?? OFFERED;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([of.hours?.zone, me.value?.time_zone, here].filter((zone) => zone != null))];
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const said = boundsIn(new FormData(event.currentTarget as HTMLFormElement));
    run(async () => show(await save(said)), 'Saved');
  };
  return (
    <form class="wishes" onSubmit={submit}>
      <div class="pair">
        <Amount name="runs" label="Runs a day" most={1_000_000} value={of.max_runs_per_day} />
        <Amount name="tokens" label="Tokens a day" most={1_000_000_000_000} value={of.max_tokens_per_day} />
        <label>
          Cost a day
          <input
            name="amount"
            inputMode="decimal"
            pattern="(0|[1-9][0-9]{0,9})([.,][0-9]{1,6})?"
            title="An amount such as 12.50"
            placeholder="no limit"
            defaultValue={of.max_cost_per_day?.amount ?? ''}
          />
        </label>
        <label>
          Currency
          <input
            name="currency"
            pattern="[A-Za-z]{3}"
            title="Three letters, such as EUR"
            maxLength={3}
            required
            defaultValue={of.max_cost_per_day?.currency ?? 'EUR'}
          />
        </label>
      </div>
      <fieldset>
        <legend>Hours</legend>
        <label class="switch">
          <input
            type="checkbox"
            name="hours"
            checked={hasHours.value}
            onChange={({ currentTarget }) => (hasHours.value = currentTarget.checked)}
          />
          <span>Let agents begin at certain hours only. What is under way goes on to its end.</span>
        </label>
        {hasHours.value && (
          <>
            <HourFields isOn from={from} to={to} days={weekdays} />
            <label>
              On the clock of
              <select name="zone">
                {zones.map((zone) => (
                  <option key={zone} value={zone}>
                    {zone}
                  </option>
                ))}
              </select>
            </label>
          </>
        )}
      </fieldset>
      {trouble}
      <div class="actions">
        <button type="submit" disabled={busy}>
          Save these limits
        </button>
      </div>
    </form>
  );
}

interface AmountProps {
  readonly name: string;
  readonly label: string;
  readonly most: number;
  readonly value: number | null;
}

const Amount = ({ name, label, most, value }: AmountProps) => (
  <label>
    {label}
    <input type="number" name={name} min={0} max={most} step={1} placeholder="no limit" defaultValue={value ?? ''} />
  </label>
);

type Days = UserResponseTo<'getMyUsage'>['days'];

/** Days without a run say nothing. */
function UsedDays({ days }: { readonly days: Days }) {
  const used = days.filter((day) => day.runs + day.input_tokens + day.output_tokens + day.costs.length > 0);
  if (used.length === 0) return <p class="quiet">Agents have used nothing for you in the latest {days.length} days.</p>;
  const rows = used.map(({ date, runs, input_tokens, output_tokens, costs }) => ({
    key: date,
    cells: [
      date,
      runs.toLocaleString(),
      input_tokens.toLocaleString(),
      output_tokens.toLocaleString(),
      costsIn(costs) || '–',
    ],
  }));
  return (
    <>
      <h3>Used in the latest {days.length} days</h3>
      <Table caption="What agents used" heads={['Day', 'Runs', 'Tokens read', 'Tokens written', 'Cost']} rows={rows} />
    </>
  );
}
