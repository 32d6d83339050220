import type { UserResponseTo } from '@missions/client/user-client.ts';
import { useAct } from '../shell/act.tsx';
import { areKeysOn, switchKeys } from '../shell/keys.ts';
import { View } from '../shell/view.tsx';
import { client } from '../store/client.ts';
import { type Resource, useResource } from '../store/resource.ts';
import { type Me, me, signOut } from '../store/session.ts';
import { When } from '../text/when.tsx';

/** `/settings` */
export default function Settings() {
  return (
    <View heading="Settings" aside={<SignOut />}>
      {me.value && <Profile me={me.value} />}
      <Keys />
      <Sessions />
    </View>
  );
}

function SignOut() {
  const { busy, run, trouble } = useAct();
  return (
    <div>
      <button type="button" disabled={busy} onClick={() => run(signOut)}>
        Sign out
      </button>
      {trouble}
    </div>
  );
}

function Profile({ me: { user_id, customer_id, name, email, email_confirmed, time_zone } }: { readonly me: Me }) {
  return (
    <section class="panel" aria-labelledby="profile">
      <h2 id="profile">You</h2>
      <dl class="facts">
        <dt>Name</dt>
        <dd>
          <bdi>{name ?? user_id}</bdi>
        </dd>
        <dt>Signed in as</dt>
        <dd>
          <bdi>{user_id}</bdi> of <bdi>{customer_id}</bdi>
        </dd>
        {email !== null && (
          <>
            <dt>Mail</dt>
            <dd>
              <bdi>{email}</bdi>
              {!email_confirmed && ' (not confirmed)'}
            </dd>
          </>
        )}
        <dt>Time zone</dt>
        <dd>{time_zone ?? `${Intl.DateTimeFormat().resolvedOptions().timeZone} (of this browser)`}</dd>
      </dl>
    </section>
  );
}

/** Some people speak to their computer, and every word would press some (WCAG 2.1.4). */
const Keys = () => (
  <section class="panel" aria-labelledby="single-keys">
    <h2 id="single-keys">Keyboard</h2>
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={areKeysOn.value}
        onChange={({ currentTarget }) => switchKeys(currentTarget.checked)}
      />
      <span>Single keys do something (press ? for the list), in this browser</span>
    </label>
  </section>
);

type SessionList = UserResponseTo<'listMySessions'>;

function Sessions() {
  const list: Resource<SessionList> = useResource(
    'sessions',
    () => client.listMySessions(),
    () => false,
  );
  const sessions = list.data.value?.sessions;
  return (
    <section class="panel" aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      {!sessions && !list.error.value && <p class="late">Reading where you are signed in …</p>}
      {!sessions && list.error.value && (
        <p role="alert">
          That cannot be read at the moment.{' '}
          <button type="button" onClick={() => void list.reload()}>
            Try again
          </button>
        </p>
      )}
      <ul class="sessions">
        {sessions?.map((session) => (
          <Session key={session.id} session={session} reload={list.reload} />
        ))}
      </ul>
    </section>
  );
}

const VIA: Readonly<Record<string, string>> = { code: 'by a link', oidc: 'by your organisation' };

interface SessionProps {
  readonly session: SessionList['sessions'][number];
  readonly reload: () => Promise<void>;
}

function Session({ session: { id, current, signed_in_via, signed_in_at, last_seen_at }, reload }: SessionProps) {
  const { busy, run, trouble } = useAct();
  const end = () =>
    run(async () => {
      await client.endMySession(id);
      await reload();
    }, 'That browser is signed out');
  return (
    <li>
      <p>
        {current ? <strong>This browser</strong> : 'Another browser'}, signed in {VIA[signed_in_via]}{' '}
        <When time={signed_in_at} />
        <span class="quiet small">
          , last used <When time={last_seen_at} />
        </span>
      </p>
      {!current && (
        <div class="actions quietly">
          <button type="button" class="plain" disabled={busy} onClick={end}>
            Sign it out
          </button>
        </div>
      )}
      {trouble}
    </li>
  );
}
