import { useSignal } from '@preact/signals';
import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import type { Resource } from '../store/resource.ts';
import { HourFields } from './hour-fields.tsx';
import { delays, offeredQuietHours, topics, type Wishes, wishesIn } from './wishes.ts';

interface NotificationsProps {
  readonly of: Resource<Wishes>;
  readonly tryAgain: () => void;
  /** Where mail goes; null while there is no confirmed address. */
  readonly address: string | null;
  /** Whether any device shows messages. */
  readonly hasDevice: boolean;
}

/** What I am told by mail and on my devices, when, and when not. */
export function Notifications({ of: { data, error, show }, tryAgain, address, hasDevice }: NotificationsProps) {
  return (
    <section class="panel" aria-labelledby="notifications">
      <h2 id="notifications">What I am told</h2>
      {address === null && (
        <p class="note">
          No mail is sent to you: say where to, and confirm it. Until then you are told on{' '}
          {hasDevice ? 'your devices and on this page only.' : 'this page only.'}
        </p>
      )}
      {!data.value && !error.value && <p class="late">Reading what you are told …</p>}
      {!data.value && error.value && (
        <p role="alert">
          That cannot be read at the moment.{' '}
          <button type="button" onClick={tryAgain}>
            Try again
          </button>
        </p>
      )}
      {data.value && <WishesForm wishes={data.value} saved={show} />}
    </section>
  );
}

function WishesForm({ wishes, saved }: { readonly wishes: Wishes; readonly saved: (wishes: Wishes) => void }) {
  const { busy, run, trouble } = useAct();
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    const patch = wishesIn(new FormData(event.currentTarget as HTMLFormElement));
    run(async () => saved(await client.updateMyPreferences(patch)), 'Saved');
  };
  return (
    <form class="wishes" onSubmit={save}>
      <table class="told">
        <thead>
          <tr>
            <th scope="col">I am told when</th>
            <th scope="col">by mail</th>
            <th scope="col">on my devices</th>
          </tr>
        </thead>
        <tbody>
          {(Object.keys(topics) as (keyof typeof topics)[]).map((topic) => (
            <tr key={topic}>
              <th scope="row">{topics[topic]}</th>
              <td>
                <Told how="mail" topic={topic} wanted={wishes.channels[topic].mail} />
              </td>
              <td>
                <Told how="push" topic={topic} wanted={wishes.channels[topic].push} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="switch">
        <input type="checkbox" name="push_text" defaultChecked={wishes.push_text} />
        <span>Devices may show what is asked as well, and not the title of the mission only</span>
      </label>
      <label>
        A question that I have not seen is mailed
        <select name="delay">
          {delays(wishes.mail_after_minutes).map(([minutes, name]) => (
            <option key={minutes} value={minutes} selected={minutes === wishes.mail_after_minutes}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        Once a day, what is open and what has ended
        <select name="digest">
          <option value="" selected={wishes.digest_hour === null}>
            not at all
          </option>
          {Array.from({ length: 24 }, (_, hour) => (
            <option key={hour} value={hour} selected={hour === wishes.digest_hour}>
              at {String(hour).padStart(2, '0')}:00
            </option>
          ))}
        </select>
      </label>
      <QuietHours set={wishes.quiet_hours} />
      {trouble}
      <div class="actions">
        <button type="submit" class="primary" disabled={busy}>
          Save what I am told
        </button>
      </div>
    </form>
  );
}

interface ToldProps {
  readonly how: 'mail' | 'push';
  readonly topic: keyof typeof topics;
  readonly wanted: boolean;
}

/** The row and the column name it for the eye, and its label for the ear. */
const Told = ({ how, topic, wanted }: ToldProps) => (
  <label class="tick">
    <input type="checkbox" name={how} value={topic} defaultChecked={wanted} />
    <span class="unseen">
      {topics[topic]}: {how === 'mail' ? 'by mail' : 'on my devices'}
    </span>
  </label>
);

function QuietHours({ set }: { readonly set: Wishes['quiet_hours'] }) {
  const isOn = useSignal(set !== null);
  const { from, to, weekdays: days } = set ?? offeredQuietHours;
  return (
    <fieldset>
      <legend>Quiet hours</legend>
      <label class="switch">
        <input
          type="checkbox"
          name="quiet"
          checked={isOn.value}
          onChange={({ currentTarget }) => (isOn.value = currentTarget.checked)}
        />
        <span>Send nothing at certain hours. A question that would end meanwhile is told all the same.</span>
      </label>
      <div hidden={!isOn.value}>
        <HourFields isOn={isOn.value} from={from} to={to} days={days} />
      </div>
    </fieldset>
  );
}
