import { emailBridge } from '@missions/email-bridge/service.ts';
import { runService } from '@missions/runtime/lifecycle.ts';
import { startService } from '@missions/service-kit/service.ts';

/**
 * The e-mail bridge as it is deployed, with a crash: `CRASH=<n>` kills the process (SIGKILL) when its n-th message from
 * outside is committed and the 250 reply is not sent yet.
 */
let left = Number(process.env['CRASH']);

const crash = (): void => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
};

await runService('email-bridge', (life) =>
  startService(emailBridge, life, emailBridge.config(), { faults: { beforeReply: crash } }),
);
