import { connectOperator } from '@missions/messaging/operator.ts';
import { operate } from '@missions/runtime/operating.ts';
import { busConfig } from './config.ts';

/** Every stream with its consumers. */
await operate({}, async () => {
  const line = await connectOperator(busConfig().natsUrl);
  try {
    return await line.streams();
  } finally {
    await line.close();
  }
});
