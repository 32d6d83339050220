import type { UserResponseTo } from '@missions/client/user-client.ts';
import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import { useResource } from '../store/resource.ts';
import { me } from '../store/session.ts';
import { When } from '../text/when.tsx';
import { textIn } from './wishes.ts';

type List = UserResponseTo<'listMyDelegations'>;
type Delegation = List['delegations'][number];

/** Who answers my questions for a while, and whose I answer. */
export function Delegations() {
  const { data, error, reload } = useResource<List>(
    'delegations',
    () => client.listMyDelegations(),
    () => false,
  );
  const list = data.value?.delegations;
  return (
    <section class="panel" aria-labelledby="delegations">
      <h2 id="delegations">Somebody answers for you</h2>
      <p class="quiet">
        Whoever you name sees and answers your questions for a while, also those that wait already. The answer shows
        both names. What gives an agent more power still asks you.
      </p>
      {!list && !error.value && <p class="late">Reading who answers for you …</p>}
      {!list && error.value && (
        <p role="alert">
          That cannot be read at the moment.{' '}
          <button type="button" onClick={() => void reload()}>
            Try again
          </button>
        </p>
      )}
      <ul class="sessions">
        {list?.map((one) => (
          <OneDelegation key={one.id} delegation={one} reload={reload} />
        ))}
      </ul>
      {list && <NewDelegation reload={reload} />}
    </section>
  );
}

interface OneDelegationProps {
  readonly delegation: Delegation;
  readonly reload: () => Promise<void>;
}

function OneDelegation({ delegation: { id, user_id, to_user_id, from, until }, reload }: OneDelegationProps) {
  const { busy, run, trouble } = useAct();
  const isMine = user_id === me.value?.user_id;
  const end = () =>
    run(async () => {
      await client.endMyDelegation(id);
      await reload();
    }, 'That is over from now on');
  return (
    <li>
      <p>
        {isMine ? (
          <>
            <bdi>{to_user_id}</bdi> answers for you
          </>
        ) : (
          <>
            You answer for <bdi>{user_id}</bdi>
          </>
        )}
        <span class="quiet small">
          , from <When time={from} absolute /> until <When time={until} absolute />
        </span>
      </p>
      <div class="actions quietly">
        <button type="button" class="plain" disabled={busy} onClick={end}>
          End it now
          <span class="unseen"> ({isMine ? to_user_id : user_id})</span>
        </button>
      </div>
      {trouble}
    </li>
  );
}

function NewDelegation({ reload }: Pick<OneDelegationProps, 'reload'>) {
  const { busy, run, trouble } = useAct();
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const said = new FormData(form);
    const [to_user_id, from, until] = ['to', 'from', 'until'].map((name) => textIn(said, name)) as string[];
    run(async () => {
      await client.createMyDelegation({
        to_user_id: to_user_id ?? '',
        ...(from && { from: startOf(from, 0) }),
        until: startOf(until ?? '', 1),
      });
      form.reset();
      await reload();
    }, 'They answer for you');
  };
  return (
    <form class="wishes" onSubmit={save}>
      <label>
        Who answers for you (their id)
        <input name="to" required maxLength={255} dir="auto" autocomplete="off" />
      </label>
      <div class="pair">
        <label>
          First day (today, if you leave it out)
          <input type="date" name="from" />
        </label>
        <label>
          Last day
          <input type="date" name="until" required />
        </label>
      </div>
      {trouble}
      <div class="actions">
        <button type="submit" disabled={busy}>
          Let them answer
        </button>
      </div>
    </form>
  );
}

/** When a day, or one some days after it, begins where the reader is. */
function startOf(day: string, later: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
