/** A process that `npm start` runs: `node services/<name>/main.ts`, as in its container. */
export interface Service {
  /** Of its folder; also its user of NATS and, with a database, its role and schema of PostgreSQL (`-` as `_`). */
  name: string;
  database: boolean;
  /** Whether it is the one that callers reach: then it listens on PORT and has the secret; the others have a HEALTH_PORT. */
  edge: boolean;
}

export const services: readonly Service[] = [
  { name: 'mission', database: true, edge: false },
  { name: 'approval', database: true, edge: false },
  { name: 'scheduler', database: true, edge: false },
  { name: 'gateway', database: true, edge: true },
];

export function roleOf(service: Service): string {
  return service.name.replaceAll('-', '_');
}
