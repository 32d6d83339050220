/**
 * The reference programs that the product is measured against: one Koa process that writes the rows of a creation
 * itself, without services, messages or a relay. `node main.ts typical|good`; the two differ in how they talk to
 * PostgreSQL and in nothing else. They check the credential, validate, and answer as the gateway does.
 */
import { timingSafeEqual } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import { Router } from '@koa/router';
import { Problem } from '@missions/contracts/errors.ts';
import { parser } from '@missions/contracts/schema.ts';
import { textFaults } from '@missions/contracts/text.ts';
import Koa from 'koa';
import { Pool } from 'pg';
import { writeWell } from './good.ts';
import { Body, creation } from './mission.ts';
import { writeTypically } from './typical.ts';

const setting = (name: string): string => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is required`);
  return value;
};

const write = process.argv[2] === 'good' ? writeWell : writeTypically;
const credential = Buffer.from(`Bearer ${setting('HUB_SERVICE_SECRET')}`);
const pool = new Pool({ connectionString: setting('DATABASE_URL'), max: Number(setting('POOL_SIZE')) });
const parse = parser(Body);

const router = new Router();
router.get('/readyz', async (ctx) => {
  await pool.query('select 1');
  ctx.body = {};
});
router.post('/api/internal/missions', async (ctx) => {
  const sent = Buffer.from(ctx.get('authorization'));
  if (sent.length !== credential.length || !timingSafeEqual(sent, credential)) ctx.throw(401);
  const body = parse(ctx.request.body);
  if (textFaults(body).length > 0) ctx.throw(400);
  const made = creation(
    body,
    {
      customerId: ctx.get('x-customer-id') || 'default',
      idempotencyKey: ctx.get('idempotency-key'),
      traceparent: ctx.get('traceparent') || null,
    },
    new Date().toISOString(),
  );
  await write(pool, made);
  ctx.status = 201;
  ctx.type = 'application/json';
  ctx.body = made.answer;
});

const app = new Koa();
app.use(async (ctx, next) => {
  try {
    await next();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    ctx.status = 400;
    ctx.body = error;
  }
});
app.use(bodyParser({ jsonLimit: '256kb' }));
app.use(router.routes());
const server = app.listen(Number(setting('PORT')), '127.0.0.1');

process.on('SIGTERM', () => {
  server.close(() => void pool.end());
  server.closeAllConnections();
});
