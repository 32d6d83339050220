/** SQLSTATE with which a table refuses a row of somebody who was erased: see `closed-owners.ts`. */
export const OWNER_CLOSED = 'MU410';
