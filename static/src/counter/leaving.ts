// What every page does for what a counter keeps: it is gone when its account signs out or another one has signed in.
// Scans that were not sent yet stay, sealed, for whom they belong to; whoever signs out is told of them first.

import { findAccount, forgetAccount } from './account';
import { canKeep, countWaiting, sweep } from './kept';

const PATIENCE_MS = 1000;

export function install(): void {
  const kept = findAccount();
  if (!kept || !canKeep()) return;
  const here = document.body.dataset['account'];
  if (here && here !== kept) {
    void forget();
    return;
  }
  for (const form of document.querySelectorAll<HTMLFormElement>('form[action$="/logout"]')) {
    form.addEventListener('submit', (event) => leave(event, kept));
  }
}

/** Forgets every list; what is to be sent yet stays. */
export async function forget(): Promise<void> {
  forgetAccount();
  await sweep(undefined);
}

/** A disk that does not answer keeps nobody in. */
function inTime<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), PATIENCE_MS));
  return Promise.race([asked.catch(() => undefined), late]);
}

function leave(event: SubmitEvent, account: string): void {
  const form = event.currentTarget as HTMLFormElement;
  if (form.dataset['forgotten']) return;
  event.preventDefault();
  void (async () => {
    const waiting = form.dataset['warned'] ? 0 : await inTime(countWaiting(account));
    if (waiting) {
      warn(form, waiting);
      return;
    }
    await inTime(forget());
    form.dataset['forgotten'] = '1';
    form.submit();
  })();
}

function warn(form: HTMLFormElement, waiting: number): void {
  form.dataset['warned'] = '1';
  const said = document.createElement('p');
  said.className = 'leaving-warned';
  said.setAttribute('role', 'alert');
  said.textContent =
    `还有 ${waiting} 人的离线登记没有上传。请先联网打开扫码页，等它们上传；` +
    '再点一次“退出”仍可退出：登记加密留在本机，您下次在本机登录、打开扫码页时自动上传。';
  form.append(said);
}
