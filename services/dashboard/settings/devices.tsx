import type { UserResponseTo } from '@missions/client/user-client.ts';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { readOwnDevice } from '../push/own-device.ts';
import { hindrance, turnedOff, turnOn } from '../push/this-device.ts';
import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import type { Resource } from '../store/resource.ts';
import { When } from '../text/when.tsx';

export type DeviceList = UserResponseTo<'listMyDevices'>;
type Device = DeviceList['devices'][number];

interface DevicesProps {
  readonly of: Resource<DeviceList>;
  readonly tryAgain: () => void;
}

/** The browsers that show me messages, this one first of all. */
export function Devices({ of: { data, error, reload }, tryAgain }: DevicesProps) {
  /** Undefined until it is known; null: none. */
  const own = useSignal<string | null | undefined>(undefined);
  const readOwn = async (): Promise<void> => {
    own.value = (hindrance() === undefined && (await readOwnDevice())) || null;
  };
  const readAgain = async (): Promise<void> => {
    await readOwn();
    await reload();
  };
  useEffect(() => void readOwn(), []);
  const list = data.value;
  const mine = list?.devices.find(({ id }) => id === own.value);
  return (
    <section class="panel" aria-labelledby="devices">
      <h2 id="devices">Messages on your devices</h2>
      <p class="quiet">
        A device shows at once that something waits for you, also while this page is closed: the title of the mission,
        which others may see on the screen.
      </p>
      {!list && !error.value && <p class="late">Reading which devices show messages …</p>}
      {!list && error.value && (
        <p role="alert">
          That cannot be read at the moment.{' '}
          <button type="button" onClick={tryAgain}>
            Try again
          </button>
        </p>
      )}
      {list && own.value !== undefined && <ThisDevice publicKey={list.public_key} mine={mine} readAgain={readAgain} />}
      <ul class="sessions">
        {list?.devices.map((device) => (
          <OneDevice key={device.id} device={device} isThis={device === mine} readAgain={readAgain} />
        ))}
      </ul>
    </section>
  );
}

interface ThisDeviceProps {
  readonly publicKey: string | null;
  readonly mine: Device | undefined;
  readonly readAgain: () => Promise<void>;
}

function ThisDevice({ publicKey, mine, readAgain }: ThisDeviceProps) {
  const { busy, run, trouble } = useAct();
  const hindered = hindrance();
  if (mine && hindered === undefined)
    return (
      <p>
        <strong>This device shows you messages.</strong>
      </p>
    );
  if (hindered !== undefined) return <p class="note">{hindered}</p>;
  if (publicKey === null) return <p class="note">No messages can be sent to devices at the moment.</p>;
  const on = async (): Promise<void> => {
    await turnOn(publicKey);
    await readAgain();
  };
  return (
    <>
      <p>This device shows you no messages.</p>
      <div class="actions">
        <button type="button" class="primary" disabled={busy} onClick={() => run(on, 'This device shows you messages')}>
          Show messages on this device
        </button>
      </div>
      {trouble}
    </>
  );
}

interface OneDeviceProps {
  readonly device: Device;
  readonly isThis: boolean;
  readonly readAgain: () => Promise<void>;
}

function OneDevice({ device: { id, name, created_at, last_used_at }, isThis, readAgain }: OneDeviceProps) {
  const { busy, run, trouble } = useAct();
  const remove = async (): Promise<void> => {
    await client.removeMyDevice(id);
    if (isThis) await turnedOff();
    await readAgain();
  };
  return (
    <li>
      <p>
        {isThis && <strong>This device: </strong>}
        <bdi>{name}</bdi>, since <When time={created_at} />
        <span class="quiet small">
          , {last_used_at === null ? 'nothing was shown yet' : 'last shown something '}
          {last_used_at !== null && <When time={last_used_at} />}
        </span>
      </p>
      <div class="actions quietly">
        <button
          type="button"
          class="plain"
          disabled={busy}
          onClick={() => run(remove, isThis ? 'This device shows no messages any more' : 'That device is removed')}
        >
          {isThis ? 'Show none on this device' : 'Remove it'}
          <span class="unseen"> ({name})</span>
        </button>
      </div>
      {trouble}
    </li>
  );
}
