import type { OperatorResponseTo } from '@missions/client/operator-client.ts';

type KillSwitch = OperatorResponseTo<'listKillSwitches'>['kill_switches'][number];
export type Target = Pick<KillSwitch, 'scope' | 'customer_id' | 'user_id' | 'mission_id'>;

/** Whose runs, in words. Ids are what others chose. */
export function Whose({ target: { scope, customer_id, user_id, mission_id } }: { target: Target }) {
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
