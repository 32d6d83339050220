import type { UserResponseTo } from '@missions/client/user-client.ts';
import { useAct } from '../shell/act.tsx';
import { areKeysOn, switchKeys } from '../shell/keys.ts';
import { later } from '../shell/later.tsx';
import { View } from '../shell/view.tsx';
import { client } from '../store/client.ts';
import { type Resource, useResource } from '../store/resource.ts';
import { me, signOut } from '../store/session.ts';
import { When } from '../text/when.tsx';
import type { Rules, Stop } from './agents.tsx';
import { type DeviceList, Devices } from './devices.tsx';
import { Notifications } from './notifications.tsx';
import { Profile } from './profile.tsx';

const Delegations = later(async () => (await import('./delegations.tsx')).Delegations);
const Agents = later(async () => (await import('./agents.tsx')).Agents);
const MyBounds = later(async () => (await import('./bounds.tsx')).MyBounds);

/** `/settings` */
export default function Settings() {
  const wishes = useResource(
    'preferences',
    () => client.getMyPreferences(),
    () => false,
  );
  const sessions: Resource<SessionList> = useResource(
    'sessions',
    () => client.listMySessions(),
    () => false,
  );
  const devices: Resource<DeviceList> = useResource(
    'devices',
    () => client.listMyDevices(),
    () => false,
  );
  const stop: Resource<Stop> = useResource(
    'stop',
    () => client.getMyStop(),
    () => false,
  );
  const rules: Resource<Rules> = useResource(
    'rules',
    () => client.listMyApprovalRules(),
    () => false,
  );
  const tryAgain = (): void =>
    void Promise.all([wishes, devices, sessions, stop, rules].map((resource) => resource.reload()));
  const known = me.value;
  return (
    <View heading="Settings" aside={<SignOut />}>
      {known && <Profile me={known} />}
      <Agents stop={stop} rules={rules} tryAgain={tryAgain} />
      <Delegations />
      <MyBounds />
      <Devices of={devices} tryAgain={tryAgain} />
      <Notifications
        of={wishes}
        tryAgain={tryAgain}
        address={known?.email_confirmed ? known.email : null}
        hasDevice={Boolean(devices.data.value?.devices.length)}
      />
      <Keys />
      <Sessions of={sessions} tryAgain={tryAgain} />
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

function Sessions({ of: list, tryAgain }: { readonly of: Resource<SessionList>; readonly tryAgain: () => void }) {
  const sessions = list.data.value?.sessions;
  return (
    <section class="panel" aria-labelledby="sessions">
      <h2 id="sessions">Where you are signed in</h2>
      {!sessions && !list.error.value && <p class="late">Reading where you are signed in …</p>}
      {!sessions && list.error.value && (
        <p role="alert">
          That cannot be read at the moment.{' '}
          <button type="button" onClick={tryAgain}>
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
