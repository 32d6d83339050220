import { answerKey, serviceConfig } from '@missions/service-kit/config.ts';

export const approvalConfig = serviceConfig({ answerKey });
