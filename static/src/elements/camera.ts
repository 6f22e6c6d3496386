// The eye of <scan-field>: the rear camera, looked at ten times a second, and pictures from a camera that the
// browser does not let pages see. Both are read by zxing, whose program is fetched when it is first needed.

import { draw, getReader, readPhoto } from './photo';

const LOOK_MS = 100;
const IDEAL_WIDTH = 1280;
const REMEMBERED = 'camera';

type Seen = (text: string, by: 'camera' | 'photo') => void;

export class Camera {
  private stream: MediaStream | undefined;
  private readonly video: HTMLVideoElement | null;
  private readonly canvas = document.createElement('canvas');
  private timer = 0;
  private lit = false;

  constructor(
    private readonly eye: HTMLElement,
    private readonly seen: Seen,
    private readonly say: (words: string) => void,
    private readonly aim = '把学员手机上的二维码放进画面',
  ) {
    this.video = eye.querySelector('video');
    eye.hidden = false;
    this.button('[data-camera-on]')?.addEventListener('click', () => void this.start());
    this.button('[data-camera-off]')?.addEventListener('click', () => this.turnOff());
    this.button('[data-torch]')?.addEventListener('click', () => void this.switchTorch());
    eye.querySelector<HTMLInputElement>('input[type="file"]')?.addEventListener('change', (event) => {
      void this.readPhoto(event.currentTarget as HTMLInputElement);
    });
    document.addEventListener('visibilitychange', this.looked);
    const hasCamera = 'mediaDevices' in navigator;
    this.show('[data-camera-on]', hasCamera);
    if (hasCamera && remembered() === 'on') void this.start();
  }

  /** Closes the camera; the light beside it goes out. */
  stop(): void {
    window.clearTimeout(this.timer);
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
    this.lit = false;
    this.show('[data-view]', false);
    this.show('[data-camera-on]', true);
  }

  private turnOff(): void {
    remember('off');
    this.stop();
  }

  private button(selector: string): HTMLButtonElement | null {
    return this.eye.querySelector(selector);
  }

  private show(selector: string, shown: boolean): void {
    const part = this.eye.querySelector<HTMLElement>(selector);
    if (part) part.hidden = !shown;
  }

  private readonly looked = (): void => {
    if (!this.eye.isConnected) return document.removeEventListener('visibilitychange', this.looked);
    if (document.visibilityState === 'hidden') this.stop();
    else if (remembered() === 'on' && !this.stream) void this.start();
  };

  private async start(): Promise<void> {
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: { ideal: 'environment' }, width: { ideal: IDEAL_WIDTH } },
      });
    } catch {
      remember('off');
      this.say('没有打开摄像头：可以点“拍照识别”，或用扫码枪、手工输入');
      return;
    }
    remember('on');
    this.show('[data-view]', true);
    this.show('[data-camera-on]', false);
    const track = this.stream.getVideoTracks()[0];
    const able = track?.getCapabilities?.() as { torch?: boolean } | undefined;
    this.show('[data-torch]', able?.torch === true);
    if (this.video) {
      this.video.srcObject = this.stream;
      await this.video.play().catch(() => undefined);
    }
    this.say(this.aim);
    void this.look();
  }

  private async switchTorch(): Promise<void> {
    this.lit = !this.lit;
    const wish = { advanced: [{ torch: this.lit }] } as unknown as MediaTrackConstraints;
    await this.stream?.getVideoTracks()[0]?.applyConstraints(wish).catch(() => undefined);
  }

  private async look(): Promise<void> {
    const { video } = this;
    if (!this.stream || !video) return;
    try {
      const read = await getReader();
      if (video.videoWidth) {
        const text = await read(draw(this.canvas, video, video.videoWidth, video.videoHeight));
        if (text && this.stream) this.seen(text, 'camera');
      }
    } catch {
      this.say('识别程序没有载入，请刷新页面；也可以用扫码枪或手工输入');
    }
    this.timer = window.setTimeout(() => void this.look(), LOOK_MS);
  }

  private async readPhoto(field: HTMLInputElement): Promise<void> {
    try {
      const text = await readPhoto(field);
      if (text) this.seen(text, 'photo');
      else this.say('照片里没有读到二维码：请靠近些、对准再拍一次');
    } catch {
      this.say('这张照片打不开，请再拍一次');
    }
  }
}

function remember(what: 'on' | 'off'): void {
  try {
    localStorage.setItem(REMEMBERED, what);
  } catch {
    // asked again next time
  }
}

function remembered(): string | null {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null;
  }
}
