import { weekdays } from './wishes.ts';

interface HourFieldsProps {
  /** Hidden fields need not be filled in. */
  readonly isOn: boolean;
  readonly from: string;
  readonly to: string;
  readonly days: readonly string[];
}

/** From and to, and the days on which they begin. */
export const HourFields = ({ isOn, from, to, days }: HourFieldsProps) => (
  <>
    <div class="pair">
      <label>
        From
        <input type="time" name="from" required={isOn} defaultValue={from} />
      </label>
      <label>
        To
        <input type="time" name="to" required={isOn} defaultValue={to} />
      </label>
    </div>
    <fieldset class="days">
      <legend>On the days on which they begin</legend>
      {(Object.keys(weekdays) as (keyof typeof weekdays)[]).map((day) => (
        <label key={day} class="switch">
          <input type="checkbox" name="weekday" value={day} defaultChecked={days.includes(day)} />
          <span>{weekdays[day]}</span>
        </label>
      ))}
    </fieldset>
  </>
);
