// Which columns of a desk's table are shown: chosen above it, kept in this browser for this account alone.
// Without scripts every table shows all of its columns.

const FEWEST = 5; // a table this narrow needs no choice
const ALWAYS = ['操作']; // what is done to a row is never put away
const FIELDS = 'input:not([type="checkbox"], [type="hidden"]), select, textarea';

interface Choice {
  place: number;
  name: string;
  box: HTMLInputElement;
}

/** The same list under another number or filter is the same list; another account's choice is not ours. */
function keyOf(heads: readonly string[]): string {
  const path = location.pathname.replace(/\d+/g, '#');
  return `columns ${document.body.dataset['account'] ?? ''} ${path} ${heads.join(',')}`;
}

function recall(key: string): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(key) ?? '[]');
    return Array.isArray(kept) ? kept.filter((each): each is string => typeof each === 'string') : [];
  } catch {
    return []; // a browser that keeps nothing shows every column
  }
}

function remember(key: string, hidden: readonly string[]): void {
  try {
    if (hidden.length) localStorage.setItem(key, JSON.stringify(hidden));
    else localStorage.removeItem(key);
  } catch {
    // a browser that keeps nothing shows every column the next time
  }
}

function show(table: HTMLTableElement, choices: readonly Choice[]): void {
  for (const row of table.rows) {
    for (const { place, box } of choices) {
      const cell = row.cells[place];
      if (cell) cell.hidden = !box.checked;
    }
  }
}

function choose(place: number, name: string, checked: boolean): [Choice, HTMLLabelElement] {
  const label = document.createElement('label');
  const box = document.createElement('input');
  label.className = 'tick';
  box.type = 'checkbox';
  box.checked = checked;
  label.append(box, ` ${name}`);
  return [{ place, name, box }, label];
}

function offer(table: HTMLTableElement): void {
  const heads = Array.from(table.tHead?.rows[0]?.cells ?? []);
  if (table.dataset['columns'] || heads.length < FEWEST || table.querySelector('[colspan], [rowspan]')) return;
  table.dataset['columns'] = 'offered';
  const names = heads.map((each) => each.textContent?.trim() ?? '');
  const first = heads.findIndex((each) => !each.classList.contains('pick'));
  const key = keyOf(names);
  const hidden = recall(key);
  // what is filled in is never put away: a mark that nobody sees could not be typed, nor asked for
  const filled = (place: number): boolean =>
    Array.from(table.rows).some((row) => row.cells[place]?.querySelector(FIELDS));
  const made = names.flatMap((name, place) =>
    place > first && name && !ALWAYS.includes(name) && !filled(place) ? [choose(place, name, !hidden.includes(name))] : [],
  );
  const choices = made.map(([choice]) => choice);

  const details = document.createElement('details');
  const summary = document.createElement('summary');
  const group = document.createElement('fieldset');
  const legend = document.createElement('legend');
  details.className = 'columns-shown';
  legend.textContent = '显示哪些列';
  group.append(legend, ...made.map(([, label]) => label));
  details.append(summary, group);
  const settle = (): void => {
    const away = choices.filter(({ box }) => !box.checked).map(({ name }) => name);
    summary.textContent = away.length ? `选择列（收起 ${away.length} 列）` : '选择列';
    show(table, choices);
    remember(key, away);
  };
  details.addEventListener('change', settle);
  details.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    details.open = false;
    summary.focus();
  });
  table.before(details);
  settle();
}

export function install(): void {
  if (!document.documentElement.classList.contains('desk')) return;
  const offerAll = (): void => document.querySelectorAll<HTMLTableElement>('main table.rows').forEach(offer);
  document.addEventListener('htmx:afterSettle', offerAll);
  offerAll();
}
