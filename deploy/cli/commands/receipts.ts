import { programCommand } from '../command.ts';

export const rotateReceiptKeys = programCommand<{ retired: string[] }>(
  {
    usage: ['rotate-receipt-keys'],
    about:
      'exchanges the key that signs receipts of approvals, which happens by itself every 90 days; the keys before it ' +
      'stay published, so that what they have signed still verifies',
  },
  { service: 'approval', program: 'rotate-receipt-keys', needs: { database: true } },
  ({ retired }) =>
    retired.length > 0
      ? `Retired: ${retired.join(', ')}. The next receipt is signed with a new key.`
      : 'No key has signed yet. The first receipt makes one.',
);
