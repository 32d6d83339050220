import { LeaderLease } from '../leader-lease.ts';

/** A process that takes the lease "sample", says so, and says when it has lost it: `lease-holder.ts <url> <ttl>`. */
const [url, ttlMs] = process.argv.slice(2);
if (url === undefined) throw new Error('the database URL is missing');
const lease = await LeaderLease.connect(
  { options: { url, schema: 'mission', statementTimeoutMs: 5_000 } as LeaseDatabase },
  { key: 'sample', role: 'holder', ttlMs: Number(ttlMs), onLost: () => console.log(lease.held ? 'held' : 'lost') },
);
type LeaseDatabase = Parameters<typeof LeaderLease.connect>[0]['options'];
console.log((await lease.tryAcquire()) ? 'held' : 'not held');
// Keeps the process alive: neither the renewal nor the connection need do so.
setInterval(() => {}, 60_000);
