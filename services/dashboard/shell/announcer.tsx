import { signal } from '@preact/signals';

const said = signal('');

/** Says to those who hear the page what those who see it see: that an act was done. */
export const announce = (text: string): void => {
  said.value = text;
};

/** The one place that speaks; it must be there before it has anything to say. */
export const Announcer = () => (
  <p class="unseen" role="status">
    {said.value}
  </p>
);
