import { useAct } from '../shell/act.tsx';
import { client } from '../store/client.ts';
import { type Me, me } from '../store/session.ts';
import { textIn } from './wishes.ts';

/** Who I am, and where I am reached. */
export const Profile = ({ me: known }: { readonly me: Me }) => (
  <section class="panel" aria-labelledby="profile">
    <h2 id="profile">You</h2>
    <p>
      Signed in as <bdi>{known.user_id}</bdi> of <bdi>{known.customer_id}</bdi>
    </p>
    <About me={known} />
    <Address me={known} />
  </section>
);

/** Null takes back what was said. */
const said = (form: FormData, name: string): string | null => textIn(form, name) || null;

const LANGUAGES = { 'en-GB': 'English', 'en-US': 'English (United States)', de: 'Deutsch' };

function About({ me: { name, time_zone, locale } }: { readonly me: Me }) {
  const { busy, run, trouble } = useAct();
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [...new Set([...(time_zone === null ? [] : [time_zone]), here, ...Intl.supportedValuesOf('timeZone')])];
  const languages = Object.entries({ ...(locale !== null && { [locale]: locale }), ...LANGUAGES });
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const patch = { name: said(form, 'name'), time_zone: said(form, 'zone'), locale: said(form, 'language') };
    run(async () => (me.value = await client.updateMe(patch)), 'Saved');
  };
  return (
    <form class="wishes" onSubmit={save}>
      <label>
        Name
        <input name="name" maxLength={200} dir="auto" autocomplete="name" defaultValue={name ?? ''} />
      </label>
      <div class="pair">
        <label>
          Time zone
          <select name="zone">
            <option value="" selected={time_zone === null}>
              not said
            </option>
            {zones.map((zone) => (
              <option key={zone} value={zone} selected={zone === time_zone}>
                {zone}
              </option>
            ))}
          </select>
        </label>
        <label>
          Language of mail
          <select name="language">
            <option value="" selected={locale === null}>
              not said
            </option>
            {languages.map(([tag, language]) => (
              <option key={tag} value={tag} lang={tag} selected={tag === locale}>
                {language}
              </option>
            ))}
          </select>
        </label>
      </div>
      {trouble}
      <div class="actions">
        <button type="submit" disabled={busy}>
          Save who I am
        </button>
      </div>
    </form>
  );
}

/** An address is used once its code was typed in here, so that nobody has mail sent to others. */
function Address({ me: { email, email_confirmed, email_pending } }: { readonly me: Me }) {
  const change = useAct();
  const confirm = useAct();
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    const address = said(new FormData(event.currentTarget as HTMLFormElement), 'address');
    change.run(
      async () => (me.value = await client.updateMe({ email: address })),
      address === null ? 'Taken back' : 'A code was mailed there',
    );
  };
  const enter = (event: SubmitEvent): void => {
    event.preventDefault();
    const code = said(new FormData(event.currentTarget as HTMLFormElement), 'code') ?? '';
    confirm.run(async () => (me.value = await client.confirmMyAddress(code)), 'The address is confirmed');
  };
  return (
    <>
      <form class="wishes" onSubmit={save}>
        <label>
          Mail address
          <input
            type="email"
            name="address"
            maxLength={254}
            autocomplete="email"
            defaultValue={email_pending ?? email ?? ''}
          />
        </label>
        {email !== null && (
          <p class="quiet small">
            {email_confirmed ? 'Mail is sent to ' : 'Not confirmed, and not used: '}
            <bdi>{email}</bdi>
          </p>
        )}
        {change.trouble}
        <div class="actions">
          <button type="submit" disabled={change.busy}>
            Save the address
          </button>
        </div>
      </form>
      {email_pending !== null && (
        <form class="wishes" onSubmit={enter}>
          <label>
            The code that was mailed to <bdi>{email_pending}</bdi>
            <input name="code" required inputMode="numeric" pattern="[0-9]{6,8}" autocomplete="one-time-code" />
          </label>
          {confirm.trouble}
          <div class="actions">
            <button type="submit" class="primary" disabled={confirm.busy}>
              Confirm the address
            </button>
          </div>
        </form>
      )}
    </>
  );
}
