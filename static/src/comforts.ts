// Small comforts. Every page works without this file.

/** A form is sent once; the server would answer a second one the same way, but a person should see it. */
function sendOnce(event: SubmitEvent): void {
  const form = event.target as HTMLFormElement;
  if (event.defaultPrevented) return; // sent by htmx, which stays on the page
  if (form.dataset['sent']) {
    event.preventDefault();
    return;
  }
  if (form.method !== 'post' || form.hasAttribute('data-again')) return;
  form.dataset['sent'] = '1';
  const button = event.submitter;
  if (button instanceof HTMLButtonElement) {
    button.setAttribute('aria-disabled', 'true');
    button.dataset['label'] = button.textContent ?? '';
    button.textContent = '正在办理…';
  }
}

/** Coming back with the browser's own button finds the form as it was. */
function forgetSent(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-sent]')) delete form.dataset['sent'];
  for (const button of document.querySelectorAll<HTMLElement>('[data-label][aria-disabled]')) {
    button.removeAttribute('aria-disabled');
    button.textContent = button.dataset['label'] ?? '';
  }
}

/** A code on paper opens the check with its number after #, which no server and no log is ever sent. */
function fillFromAddress(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-from-address]')) {
    const name = form.dataset['fromAddress'] ?? '';
    const given = new URLSearchParams(location.hash.slice(1)).get(name);
    const field = form.elements.namedItem(name);
    if (!given || !(field instanceof HTMLInputElement) || field.value) continue;
    field.value = given.slice(0, 60);
    const next = Array.from(form.elements).find((each) => each instanceof HTMLInputElement && each.type === 'text' && !each.value);
    if (next instanceof HTMLElement) next.focus();
  }
}

/** Choosing lines: the count beside the buttons, and one box for the whole page. */
function countPicks(form: HTMLFormElement): void {
  const said = form.querySelector('[data-picked]');
  const boxes = (): HTMLInputElement[] =>
    Array.from(document.querySelectorAll<HTMLInputElement>(`tbody input[type="checkbox"][form="${form.id}"]`));
  const count = (): void => {
    const all = boxes();
    const picked = all.filter((box) => box.checked);
    for (const box of all) box.closest('tr')?.classList.toggle('chosen', box.checked);
    if (said) {
      const none = form.dataset['picks'] || '不勾选，即对全部待办条目办理';
      said.textContent = picked.length ? `已选 ${picked.length} 条` : none;
    }
    const master = document.querySelector<HTMLInputElement>('[data-pick-all]');
    if (master) {
      master.checked = picked.length > 0 && picked.length === all.length;
      master.indeterminate = picked.length > 0 && picked.length < all.length;
    }
  };
  document.addEventListener('change', (event) => {
    const changed = event.target as HTMLInputElement;
    if (changed.hasAttribute('data-pick-all')) for (const box of boxes()) box.checked = changed.checked;
    count();
  });
  count();
}

/** "/" goes to the search field of the page, or to the first field of its query row. */
function searchBySlash(event: KeyboardEvent): void {
  if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '')) return;
  const typed = 'main form.filters[method="get"] input:not([type="hidden"], [type="checkbox"], [type="radio"])';
  const field = ['[data-search]', typed, 'main form.filters[method="get"] select']
    .map((each) => document.querySelector<HTMLElement>(each))
    .find((each) => each?.offsetParent);
  if (field) {
    event.preventDefault();
    field.focus();
  }
}

/** A button that may be pressed again only after a rest says how long that is; the server refuses sooner ones. */
function restFirst(button: HTMLButtonElement): void {
  const label = button.textContent ?? '';
  let left = Number(button.dataset['rests']);
  const tick = (): void => {
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${left} 秒后可${label}` : label;
    if (left-- > 0) window.setTimeout(tick, 1000);
  };
  tick();
}

export function install(): void {
  document.addEventListener('submit', sendOnce);
  window.addEventListener('pageshow', forgetSent);
  document.addEventListener('keydown', searchBySlash);
  for (const form of document.querySelectorAll<HTMLFormElement>('form[data-picks]')) countPicks(form);
  fillFromAddress();
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-rests]')) restFirst(button);
  for (const element of document.querySelectorAll<HTMLElement>('[data-needs-script]')) element.hidden = false;
}
