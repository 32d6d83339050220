import { deliveryReports } from './delivery-reports.ts';
import { forged } from './forged.ts';
import { hiddenText } from './hidden-text.ts';
import { languages } from './languages.ts';
import { machines } from './machines.ts';
import { malformed } from './malformed.ts';
import { oversized } from './oversized.ts';
import { programs } from './programs.ts';
import { returnedMail } from './returned-mail.ts';
import type { Sample } from './sample.ts';

/** Messages with their expected readings, by subject. */
export const corpus: Record<string, readonly Sample[]> = {
  'messages from mail programs': programs,
  'messages in many languages': languages,
  'messages from machines and lists': machines,
  'delivery reports': deliveryReports,
  'returned mail': returnedMail,
  'messages with hidden text': hiddenText,
  'malformed messages': malformed,
  'messages with forged headers': forged,
  'messages made to exhaust time or memory': oversized,
};
