import { OperatorClient } from '@missions/client/operator-client.ts';
import { useEffect } from 'preact/hooks';
import { type Resource, useResource } from '../store/resource.ts';

/** The operators' calls, by the session of this browser. */
export const operator = new OperatorClient({ baseUrl: location.origin, credential: undefined });

/** No stream tells of the state of services and queues. */
const EVERY_MS = 10_000;

/** Read again every ten seconds while somebody can see it. */
export function useRefreshed<T>(key: string, read: () => Promise<T>): Resource<T> {
  const resource = useResource(`operate ${key}`, read, () => false);
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible' && navigator.onLine) void resource.reload();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [key]);
  return resource;
}
