import type Router from '@koa/router';
import { openapi } from '@missions/contracts/rest/openapi.ts';
import { operations, operationsForOperators } from '@missions/contracts/rest/operations.ts';
import { VERSION } from '@missions/contracts/version.ts';
import type { Health } from '@missions/runtime/health.ts';
import { statusOf } from '@missions/http/problem.ts';
import { publicReadiness } from '@missions/http/public-readiness.ts';

/** Routes that need no credential: probes and the description of the API. */
export function operatorRoutes(router: Router, health: Health): void {
  const description = JSON.stringify(openapi([...operations, ...operationsForOperators], statusOf, VERSION));
  probeRoutes(router, health);
  router.get('/openapi.json', (ctx) => {
    ctx.type = 'application/json';
    ctx.body = description;
  });
}

/** The probes are answered from the start on. */
export function probeRoutes(router: Router, health: Health): void {
  const readiness = publicReadiness(health);
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' };
  });
  router.get('/readyz', async (ctx) => {
    const report = await readiness();
    ctx.status = report.ready ? 200 : statusOf('UNAVAILABLE');
    ctx.body = { version: VERSION, ...report };
  });
}
