// What is drawn at a counter without network: one result in the place of the server's, and the list of what waits.

import type { Scan } from './queue';

export type Tone = 'warn' | 'bad';

export interface Said {
  tone: Tone;
  word: string;
  lines: string[];
}

const SIGNS: Record<Tone, string> = { warn: '!', bad: '✗' };
const ENDS = {
  waiting: ['wait', '…', '待确认'],
  confirmed: ['good', '✓', '已确认'],
  conflict: ['warn', '!', '转人社核查'],
  refused: ['bad', '✗', '无法识别'],
} as const;

function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  marks: Record<string, string> = {},
  ...inside: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [mark, value] of Object.entries(marks)) made.setAttribute(mark, value);
  made.append(...inside);
  return made;
}

/** Returns the hour and minute of a moment in Shanghai. */
export const clockOf = (atMs: number): string =>
  new Date(atMs).toLocaleTimeString('zh-CN', { hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'Asia/Shanghai' });

/** Returns the day of a moment in Shanghai, as 2024-03-25. */
export const dayOf = (atMs: number): string => new Date(atMs).toLocaleDateString('sv-SE', { timeZone: 'Asia/Shanghai' });

/** Draws a result in the result's place, whatever stood there, and lets it be heard. */
export function drawResult(said: Said, ask?: HTMLElement): void {
  const board = document.getElementById('scan-board');
  const place = document.getElementById('scan-result');
  if (!board || !place) return;
  for (const each of board.querySelectorAll('[aria-labelledby="holder"], [aria-labelledby="enrolling"]')) each.remove();
  place.replaceChildren(
    make(
      'div',
      { class: `scan-result ${said.tone}`, 'data-tone': said.tone },
      make('span', { class: 'sign', 'aria-hidden': 'true' }, SIGNS[said.tone]),
      make('span', { class: 'word' }, said.word),
      ...said.lines.map((line) => make('p', {}, line)),
    ),
  );
  if (ask) place.after(ask);
  board.dispatchEvent(new CustomEvent('scan-said', { bubbles: true }));
  ask?.querySelector('input')?.focus();
}

/** Returns the form that asks for the last four of the card, which the screen never shows. */
export function makeQuestion(answered: (typed: string) => void): HTMLElement {
  const field = make('input', {
    id: 'f-last4', name: 'last4', required: '', autocomplete: 'off', inputmode: 'text', 'aria-describedby': 'h-last4',
  });
  const form = make(
    'form',
    { 'data-again': '' },
    make(
      'div',
      { class: 'field' },
      make('label', { for: 'f-last4' }, '证件后四位'),
      make('span', { class: 'hint', id: 'h-last4' }, '看着学员的身份证输入；末位是 X 的也可以'),
      field,
    ),
    make('button', { class: 'button' }, '离线登记'),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    event.stopPropagation();
    const typed = field.value.trim();
    field.value = '';
    answered(typed);
  });
  return make('section', { class: 'card', 'aria-labelledby': 'holder' }, make('h2', { id: 'holder' }, '核对本人，离线登记'), form);
}

/** Draws the scans of this device into a list, the newest first. */
export function drawScans(list: HTMLElement, scans: Scan[], dismiss: (scan: Scan) => void): void {
  list.replaceChildren(
    ...scans.map((scan) => {
      const state = scan.outcome?.outcome ?? 'waiting';
      const [look, sign, word] = ENDS[state];
      const name = scan.outcome?.masked_name ?? scan.maskedName;
      const tag = make('span', { class: `tag ${look}` }, make('span', { 'aria-hidden': 'true' }, sign), word);
      const line = make('li', { 'data-scan-state': state }, tag, ` ${name} `);
      line.append(make('span', { class: 'soft small nowrap' }, `${clockOf(scan.atMs)} · ${scan.voucherNumber}`));
      if (scan.outcome && scan.outcome.outcome !== 'confirmed') {
        const { title, next_step: next } = scan.outcome;
        line.append(make('p', {}, [title, next].filter(Boolean).join('。')), makeDismissal(scan, name, dismiss));
      }
      return line;
    }),
  );
}

function makeDismissal(scan: Scan, name: string, dismiss: (scan: Scan) => void): HTMLElement {
  const button = make('button', { type: 'button', class: 'button second' }, '知道了', make('span', { class: 'visually-hidden' }, `：${name}`));
  button.addEventListener('click', () => dismiss(scan));
  return button;
}

/** Draws the classes whose lists are here, to choose one from. */
export function drawClasses(list: HTMLElement, classes: { id: number; name: string }[]): void {
  list.replaceChildren(
    ...classes.map(({ id, name }) => make('li', {}, make('a', { class: 'tile waits', href: `/institution/scan?class_id=${id}` }, make('span', { class: 'name' }, name)))),
  );
}
