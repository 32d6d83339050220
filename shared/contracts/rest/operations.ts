import { emailOperations } from './emails.ts';
import { inputRequestOperations } from './input-requests.ts';
import { missionOperations } from './missions.ts';
import type { Operation } from './operation.ts';
import { runOperations } from './runs.ts';
import { userOperations } from './users.ts';

/** Every operation of the REST API. Order matters where one path could be read as another: what is fixed comes before what is a parameter. */
export const operations = [
  ...missionOperations,
  ...inputRequestOperations,
  ...userOperations,
  ...runOperations,
  ...emailOperations,
] as unknown as readonly Operation[];

/** Whether an operation is a user's (`/api/v1`): then its caller is a signed-in person, or a trusted backend acting for one. */
export const isForUsers = (operation: Pick<Operation, 'path'>): boolean => operation.path.startsWith('/api/v1/');
