import { emailConfig } from '@missions/email-bridge/config.ts';
import { startEmailBridge } from '@missions/email-bridge/service.ts';
import { runService } from '@missions/runtime/lifecycle.ts';

/** The e-mail bridge as it is deployed, but for where it dies: `CRASH=<n>` is `kill -9` when its n-th message is committed and its 250 not yet said. */
let left = Number(process.env['CRASH']);

const crash = (): void => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL');
};

await runService('email-bridge', (life) => startEmailBridge(life, emailConfig(), { faults: { beforeReply: crash } }));
