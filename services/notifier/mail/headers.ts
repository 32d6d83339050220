import type { Notice } from '../domain/notice.ts';

/**
 * What makes a notice machine-made, ended by one click, and a part of its mission's thread. No mail begins a thread: its
 * root is an id that each mail of the mission names, so that they belong together whichever came first, or was deleted.
 */
export function headersOf(notice: Notice): Record<string, string> {
  const { links } = notice;
  const missionId = missionOf(notice);
  const urgent = 'question' in notice && notice.question.urgency === 'high';
  return {
    'Auto-Submitted': 'auto-generated',
    'X-Auto-Response-Suppress': 'All',
    'List-Unsubscribe': `<${new URL(links.unsubscribe, links.inbox).href}>`,
    'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
    ...(urgent && { Importance: 'high' }),
    ...(missionId !== undefined && threadOf(missionId, links.inbox)),
  };
}

const threadOf = (missionId: string, address: string): Record<string, string> => {
  const root = `<mission.${missionId}@${hostOf(address)}>`;
  return { 'In-Reply-To': root, References: root };
};

/** An IPv6 address has its brackets, which the syntax of ids wants as well (RFC 5322 section 3.6.4). */
const hostOf = (address: string): string => new URL(address).hostname;

function missionOf(notice: Notice): string | undefined {
  if ('question' in notice) return notice.question.mission_id;
  return 'mission' in notice ? notice.mission.mission_id : undefined;
}
