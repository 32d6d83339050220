import { UserClient } from '@missions/client/user-client.ts';

/** The product's calls, by the session of this browser. */
export const client = new UserClient({ baseUrl: location.origin, credential: undefined });
