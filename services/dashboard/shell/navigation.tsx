import { useLocation } from 'preact-iso/router';
import { counts } from '../store/counts.ts';
import { me, signOut } from '../store/session.ts';
import { Connection } from './connection.tsx';

interface Place {
  readonly path: string;
  readonly name: string;
}

/** Views of which the navigation tells. */
const places: readonly Place[] = [
  { path: '/', name: 'Inbox' },
  { path: '/missions', name: 'Missions' },
  { path: '/history', name: 'History' },
  { path: '/settings', name: 'Settings' },
];
const forOperators: Place = { path: '/operate', name: 'Operate' };

export function Navigation() {
  const { path } = useLocation();
  const { answer, look_at, ending } = counts.value ?? { answer: 0, look_at: 0, ending: 0 };
  const waiting = answer + look_at + ending;
  if (path === '/sign-in') return null;
  return (
    <nav class="top" aria-label="Missions">
      <a class="mark" href="/">
        Missions
      </a>
      <ul>
        {[...places, ...(me.value?.operator ? [forOperators] : [])].map((place) => (
          <li key={place.path}>
            <a href={place.path} aria-current={isWithin(path, place.path) ? 'page' : undefined}>
              {place.name}
              {place.path === '/' && waiting > 0 && (
                <span class="count" aria-label={`, ${waiting} waiting`}>
                  {waiting}
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
      <div class="who">
        <Connection />
        {me.value && (
          <>
            <bdi class="quiet">{me.value.name ?? me.value.user_id}</bdi>
            <button type="button" class="plain" onClick={() => void signOut()}>
              Sign out
            </button>
          </>
        )}
      </div>
    </nav>
  );
}

const isWithin = (path: string, place: string): boolean =>
  place === '/' ? path === '/' || path.startsWith('/q/') : path === place || path.startsWith(`${place}/`);
