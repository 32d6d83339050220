export { BackendClient } from './backend-client.ts';
export { MissionsClient } from './client.ts';
export type * from './client.ts';
export { isCode, MissionsError } from './missions-error.ts';
export { OperatorClient } from './operator-client.ts';
export type * from './options.ts';
export { UserClient } from './user-client.ts';
export type * from './user-client.ts';
export { verifyReceipt } from './verify-receipt.ts';
