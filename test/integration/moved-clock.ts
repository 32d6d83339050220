/**
 * Loaded before a program (`node --import`): moves the clock of its process by CLOCK_MOVED_MS, as a wrong time of its
 * host would. Monotonic time is not moved, as on such a host.
 */
const moved = Number(process.env['CLOCK_MOVED_MS']);
const HostDate = Date;

class MovedDate extends HostDate {
  static override now(): number {
    return HostDate.now() + moved;
  }

  constructor(...given: [] | [number | string | Date]) {
    if (given.length === 0) super(HostDate.now() + moved);
    else super(...given);
  }
}

globalThis.Date = MovedDate as DateConstructor;
