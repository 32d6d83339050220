import { runOwnerProgram } from '@missions/service-kit/owner-program.ts';
import { gatewayHoldings } from '../sessions/holdings.ts';

await runOwnerProgram({ holdings: gatewayHoldings, records: true });
