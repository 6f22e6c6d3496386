// The menu of a desk: its button folds it away; a wide screen remembers, a narrow one starts folded.

const REMEMBERED = 'menu';
const narrow = window.matchMedia('(max-width: 60rem)');

function show(open: boolean, button: HTMLButtonElement): void {
  document.documentElement.dataset['menu'] = open ? 'open' : 'closed';
  button.setAttribute('aria-expanded', String(open));
}

function remember(open: boolean): void {
  try {
    localStorage.setItem(REMEMBERED, open ? 'open' : 'closed');
  } catch {
    // a browser that keeps nothing shows the menu every time
  }
}

function remembered(): boolean {
  try {
    return localStorage.getItem(REMEMBERED) !== 'closed';
  } catch {
    return true;
  }
}

export function install(): void {
  const button = document.querySelector<HTMLButtonElement>('[data-menu-button]');
  if (!button) return;
  const settle = (): void => show(!narrow.matches && remembered(), button);
  button.addEventListener('click', () => {
    const open = document.documentElement.dataset['menu'] !== 'open';
    show(open, button);
    if (!narrow.matches) remember(open);
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const drop of document.querySelectorAll<HTMLDetailsElement>('.topbar details[open]')) drop.open = false;
  });
  document.addEventListener('click', (event) => {
    for (const drop of document.querySelectorAll<HTMLDetailsElement>('.topbar details[open]')) {
      if (!drop.contains(event.target as Node)) drop.open = false;
    }
  });
  narrow.addEventListener('change', settle);
  settle();
}
