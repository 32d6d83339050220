import type { FieldError } from '../errors.ts';
import { faultsOf } from '../schema.ts';
import { type Action, approvingOption, type Edits } from './action.ts';

interface Asked {
  readonly options?: readonly { readonly id: string }[];
  readonly action?: Action | null;
  readonly irreversible?: boolean;
  readonly edits?: Edits | null;
  readonly default_option?: string | null;
}

/** What is wrong with the action of a question that is being asked; `options` are those that it will have. */
export function actionFaults({ options = [], action, irreversible, edits, default_option }: Asked): FieldError[] {
  const faults: FieldError[] = [];
  if (irreversible && default_option != null)
    faults.push({
      path: '/default_option',
      message: 'leave it out: what is irreversible is never done because nobody answered. Or ask without irreversible',
    });
  if (!action) {
    if (edits) faults.push({ path: '/edits', message: 'needs an action, whose fields it names' });
    return faults;
  }
  if (approvingOption(options) === null)
    faults.push({
      path: '/options',
      message: 'give an option with the id approve: none of them lets the action be done. Or leave options out',
    });
  return edits ? [...faults, ...schemaFaults(action, edits)] : faults;
}

/** A schema must name fields of its action, and the action as it is proposed must fit it. */
function schemaFaults(action: Action, edits: Edits): FieldError[] {
  const names = Object.keys(edits.properties);
  const at = (name: string): string => `/edits/properties/${escaped(name)}`;
  const wrong = names.flatMap((name): FieldError[] => {
    if (name === 'type')
      return [{ path: at(name), message: 'must not be changed by the user: another type is another action' }];
    if (!Object.hasOwn(action, name))
      return [{ path: at(name), message: `is no field of action; its fields are ${Object.keys(action).join(', ')}` }];
    return [];
  });
  if (wrong.length > 0) return wrong;
  try {
    return editFaults(edits, Object.fromEntries(names.map((name) => [name, action[name]]))).map(
      ({ path, message }) => ({
        path: path.replace('/edits', '/action'),
        message: `${message}, says edits: what is proposed must fit what the user may choose`,
      }),
    );
  } catch (error) {
    return [{ path: '/edits', message: `is no JSON Schema that can be checked: ${(error as Error).message}` }];
  }
}

/** What is wrong with the edits of an answer. */
export const editFaults = (edits: Edits, chosen: Readonly<Record<string, unknown>>): FieldError[] =>
  faultsOf({ ...edits, additionalProperties: false }, chosen).map(({ path, message }) => ({
    path: `/edits${path}`,
    message,
  }));

const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
