import { connection } from '../store/live.ts';

const words = {
  connecting: 'Connecting',
  live: 'Live',
  lost: 'Catching up',
  offline: 'Offline',
} as const;

/** Whether the page shows things as they happen. Said in words: the dot's colour only repeats it. */
export const Connection = () => (
  <span class={`connection ${connection.value}`} role="status">
    {words[connection.value]}
  </span>
);
