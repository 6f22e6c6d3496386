// <scan-offline>: lets the scan page go on without network. It watches the page's own posts; where one is not
// answered, the same code goes the way of a counter without network, and so does every other one until the network
// is back. Then everything that waits is sent. The page that was kept for the time without network has it as well.

import { Refused } from '../asking';
import { JUDGING } from '../marks';
import { findAccount, rememberAccount } from './account';
import { drawClasses, drawScans } from './drawing';
import { canKeep, sweep } from './kept';
import { forget } from './leaving';
import { fetchList, findList, listClasses } from './lists';
import type { Pack } from './pack';
import { Queue } from './queue';
import { refuse, Registering } from './registering';

const WORKER = '/institution/scan/sw.js';
const SCOPE = '/institution/scan';
const PROBE = '/healthz';
const PROBE_MS = 4000;
const ANSWER_MS = 8000; // a post of the counter that takes longer will not come
const REFRESH_MS = 10 * 60_000;
const AGAIN_MS = 30_000;
const GATEWAY = [502, 503, 504];

interface Sent {
  path: string;
  timeout: number;
  formData?: FormData;
}

export class ScanOffline extends HTMLElement {
  private queue: Queue | undefined;
  private registering: Registering | undefined;
  private classId = 0;
  private offline = false;
  private timers: number[] = [];
  private triedAt = -Infinity;

  connectedCallback(): void {
    document.addEventListener('submit', this.submitted, true);
    document.addEventListener('htmx:configRequest', this.configured);
    document.addEventListener('htmx:sendError', this.unanswered);
    document.addEventListener('htmx:timeout', this.unanswered);
    document.addEventListener('htmx:beforeSwap', this.answered);
    window.addEventListener('offline', this.lost);
    window.addEventListener('online', this.look);
    document.addEventListener('visibilitychange', this.look);
    this.offline = this.isShell || !navigator.onLine;
    void this.begin();
  }

  disconnectedCallback(): void {
    document.removeEventListener('submit', this.submitted, true);
    document.removeEventListener('htmx:configRequest', this.configured);
    document.removeEventListener('htmx:sendError', this.unanswered);
    document.removeEventListener('htmx:timeout', this.unanswered);
    document.removeEventListener('htmx:beforeSwap', this.answered);
    window.removeEventListener('offline', this.lost);
    window.removeEventListener('online', this.look);
    document.removeEventListener('visibilitychange', this.look);
    this.timers.forEach((each) => window.clearInterval(each));
  }

  /** Tells whether this is the page that was kept for the time without network. */
  private get isShell(): boolean {
    return this.hasAttribute('data-shell');
  }

  private async begin(): Promise<void> {
    const account = this.isShell ? findAccount() : this.dataset['account'];
    this.showNetwork();
    if (!canKeep()) return this.say('[data-ready]', '这个浏览器（或网址不是 HTTPS）不能离线登记：没有网络时请记在纸上，联网后再扫');
    try {
      // a page that only sends what waits has no class of its own
      this.classId = Number(this.dataset['class']) || (account && this.isShell ? await this.chooseClass(account) : 0);
      this.queue = new Queue(account ?? '');
      this.registering = new Registering(this.queue, this.classId, () => this.changed());
      if (account) await this.open(account);
    } catch {
      this.say('[data-ready]', '本机存不下离线名单（可能是无痕模式或空间已满）：没有网络时请记在纸上，联网后再扫');
    }
    // opened by its own address there is nowhere to go back to
    if (location.pathname !== this.dataset['shell']) this.timers = [window.setInterval(this.look, PROBE_MS)];
    if (!this.offline) await this.refresh();
    else await this.tellReady();
  }

  private async open(account: string): Promise<void> {
    await sweep(account);
    await this.queue?.load();
    this.draw();
    if (this.isShell) return;
    rememberAccount(account);
    void navigator.storage?.persist?.().catch(() => false);
    void navigator.serviceWorker?.register(WORKER, { scope: SCOPE }).catch(() => undefined);
  }

  /** Without network the address says which class, or there is only one, or somebody chooses. */
  private async chooseClass(account: string): Promise<number> {
    const classes = await listClasses(account);
    const asked = Number(new URLSearchParams(location.search).get('class_id')) || (classes.length === 1 ? classes[0]!.id : 0);
    this.say('[data-class-name]', classes.find((each) => each.id === asked)?.name ?? '');
    const list = this.querySelector<HTMLElement>('[data-classes]');
    if (list && !asked) drawClasses(list, classes);
    this.show('[data-choose]', !asked && classes.length > 0);
    return asked;
  }

  // ---- codes

  private readonly submitted = (event: SubmitEvent): void => {
    const form = event.target as HTMLFormElement;
    const input = form.querySelector<HTMLInputElement>('input[data-scan]');
    if (!this.offline || !(input || /\/(?:redemptions|enrolments)$/.test(form.action))) return;
    event.preventDefault();
    event.stopPropagation();
    this.take(new FormData(form));
    if (input) input.value = '';
  };

  private take(form: FormData): void {
    const [digits, last4] = ['digits', 'last4'].map((name) => String(form.get(name) ?? '').trim());
    // a gun that wrote into the field of the card has scanned the next one
    const next = last4!.replace(/\D/g, '').length > 4;
    if (!digits) return;
    // swallowed in silence, somebody would believe it had been registered
    if (!this.registering) return refuse('not_keeping');
    void this.registering.take(next ? last4! : digits, next ? '' : last4);
  }

  private readonly configured = (event: Event): void => {
    const sent = (event as CustomEvent<Sent>).detail;
    if (isOurs(sent.path)) sent.timeout ||= ANSWER_MS;
  };

  private readonly unanswered = (event: Event): void => {
    const sent = (event as CustomEvent<{ requestConfig?: Sent }>).detail.requestConfig;
    if (!sent || !isOurs(sent.path)) return;
    this.goOffline();
    if (sent.formData) this.take(sent.formData);
  };

  /** A gateway that answers for a server which does not is no network either. */
  private readonly answered = (event: Event): void => {
    const { detail } = event as CustomEvent<{ xhr: XMLHttpRequest; shouldSwap: boolean; requestConfig?: Sent }>;
    if (!GATEWAY.includes(detail.xhr.status) || detail.xhr.responseText.includes('id="scan-board"')) return;
    detail.shouldSwap = false;
    this.unanswered(event);
  };

  // ---- the network

  private readonly lost = (): void => this.goOffline();

  private goOffline(): void {
    this.offline = true;
    this.showNetwork();
    this.say('[data-told]', '');
    void this.tellReady();
  }

  /** Every few seconds, and when something says so: is there a network, is anything to be sent, is the list fresh? */
  private readonly look = (): void => {
    if (document.visibilityState !== 'visible') return;
    if (this.offline) void this.probe();
    else if (performance.now() - this.triedAt > (this.queue?.waiting.length ? AGAIN_MS : REFRESH_MS)) void this.refresh();
  };

  private async probe(): Promise<void> {
    try {
      const answer = await fetch(PROBE, { cache: 'no-store', signal: AbortSignal.timeout?.(PROBE_MS) ?? null });
      if (!answer.ok || answer.redirected || !this.offline) return;
    } catch {
      return;
    }
    if (this.registering?.busy || document.querySelector(`.scan-held, [${JUDGING}]`)) return; // nobody's card, no code that waits
    if (this.isShell) return window.location.reload();
    this.offline = false;
    this.showNetwork();
    await this.refresh();
  }

  /** Sends what waits, then fetches the list of the class as it is now. */
  private async refresh(): Promise<void> {
    const { queue } = this;
    this.triedAt = performance.now();
    if (!queue?.account || this.isShell) return;
    await this.send(queue);
    if (this.offline || !this.classId) return;
    try {
      await fetchList(queue.account, this.classId);
    } catch (error) {
      if (error instanceof Refused && error.problem.status === 401) return this.signedOut();
      if (error instanceof TypeError) return this.goOffline();
    }
    await this.tellReady();
  }

  private async send(queue: Queue): Promise<void> {
    const before = queue.waiting.length;
    if (!before) return;
    this.say('[data-told]', `网络已恢复，正在上传 ${before} 人的离线登记…`);
    const ended = await queue.send(() => this.draw());
    if (ended.kind === 'offline') return this.goOffline();
    if (ended.kind === 'signed_out') return this.signedOut();
    await this.renewBoard().catch(() => undefined); // seen at the next scan
    const left = queue.waiting.length;
    this.say(
      '[data-told]',
      ended.kind === 'refused'
        ? `还有 ${left} 人没有上传：${ended.words}。登记仍在本机，不会丢失。`
        : left
          ? `还有 ${left} 人没有上传，稍后自动再试。`
          : `已上传 ${before} 人的离线登记，结果见下。`,
    );
  }

  private async signedOut(): Promise<void> {
    const waiting = this.queue?.waiting.length ?? 0;
    await forget().catch(() => undefined);
    this.say('[data-told]', waiting ? `登录已过期：${waiting} 人的离线登记加密留在本机，请重新登录后打开本页，自动上传。` : '登录已过期，请重新登录。');
    await this.tellReady();
  }

  // ---- what is seen

  private changed(): void {
    this.draw();
    if (!this.offline) void this.refresh();
  }

  private async tellReady(): Promise<void> {
    const found = this.queue?.account && this.classId ? await findList(this.queue.account, this.classId).catch(() => 'pack_missing' as const) : 'pack_missing';
    if (typeof found !== 'string') {
      const until = new Date(found.expiresMs).toLocaleString('zh-CN', {
        month: 'numeric', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false, timeZone: 'Asia/Shanghai',
      });
      return this.say('[data-ready]', tellList(found.pack, until));
    }
    this.say(
      '[data-ready]',
      found === 'pack_expired' ? '本机的离线名单已过期，联网打开一次本页后才能离线登记' : '本机还没有这个班的离线名单，联网打开一次本页后才能离线登记',
    );
  }

  private draw(): void {
    const { queue } = this;
    const list = this.querySelector<HTMLElement>('[data-scans]');
    if (!queue || !list) return;
    drawScans(list, queue.scans, (scan) => {
      void queue.dismiss(scan.clientId).then(() => this.draw());
    });
    this.show('[data-queue]', queue.scans.length > 0);
    this.say('[data-count]', String(queue.waiting.length));
  }

  private showNetwork(): void {
    document.documentElement.toggleAttribute('data-no-network', this.offline);
    this.show('[data-ribbon]', this.offline);
  }

  /** Brings the numbers of the page up to date; the result of the last scan stays as it is. */
  private async renewBoard(): Promise<void> {
    const answer = await fetch(location.href, { cache: 'no-store', signal: AbortSignal.timeout?.(ANSWER_MS) ?? null });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    for (const part of ['.counters', '[aria-labelledby="scans"]']) {
      const fresh = page.querySelector(`#scan-board > ${part}`);
      if (fresh) document.querySelector(`#scan-board > ${part}`)?.replaceWith(fresh);
    }
  }

  private show(selector: string, shown: boolean): void {
    const part = document.querySelector<HTMLElement>(selector);
    if (part) part.hidden = !shown;
  }

  private say(selector: string, words: string): void {
    const part = document.querySelector<HTMLElement>(selector);
    if (part && part.textContent !== words) part.textContent = words;
  }
}

/** Says for how many of the roster the list is good: the number of phones alone was read as that of the people. */
const tellList = ({ roster }: Pack, until: string): string => {
  const phones = roster.filter((each) => each.vid).length;
  if (!roster.length) return '离线名单已备好，名册上还没有人';
  if (!phones) return `名册 ${roster.length} 人都没有绑定手机，断网时不能登记：请记在纸上，联网后再扫`;
  const others = phones < roster.length ? '；其余的人请记在纸上，联网后再扫' : '';
  return `离线名单已备好：名册 ${roster.length} 人，其中 ${phones} 人的手机可离线核验，${until} 前断网也能登记${others}`;
};

const isOurs = (path: string): boolean => /\/(?:checks|redemptions|enrolments)$/.test(path);
