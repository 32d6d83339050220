import type { OperatorResponseTo } from '@missions/client/operator-client.ts';

type KillSwitch = OperatorResponseTo<'listKillSwitches'>['kill_switches'][number];
export type Target = Pick<KillSwitch, 'customer_id' | 'user_id' | 'mission_id'> & {
  readonly scope: Exclude<KillSwitch['scope'], 'own'>;
};

/** Whose runs, in words. Ids are what others chose. */
export function Whose({
  target: { scope, customer_id, user_id, mission_id },
}: {
  target: Omit<Target, 'scope'> & Pick<KillSwitch, 'scope'>;
}) {
  switch (scope) {
    case 'all':
      return <>all runs of everybody</>;
    case 'customer':
      return (
        <>
          all runs of the customer <bdi>{customer_id}</bdi>
        </>
      );
    case 'user':
    case 'own':
      return (
        <>
          all runs of <bdi>{user_id}</bdi> of the customer <bdi>{customer_id}</bdi>
        </>
      );
    case 'mission':
      return (
        <>
          all runs of the mission <code>{mission_id}</code>
        </>
      );
    default:
      return scope satisfies never;
  }
}
