import { readFileSync, writeFileSync } from 'node:fs';
import { MissionsClient } from '@missions/client/client.ts';
import { createTools } from '../tools.ts';
import { readmeTable, withTable } from './readme-table.ts';

/** `node shared/agent-tools/testing/readme.ts` writes the table of README.md. */
const path = new URL('../README.md', import.meta.url);
const { definitions } = createTools({
  client: new MissionsClient({ baseUrl: 'http://127.0.0.1', credential: 'none' }),
  conversationId: 'bound',
});
writeFileSync(path, withTable(readFileSync(path, 'utf8'), readmeTable(definitions)));
