// Where this device is, asked once where a page says why; whoever declines, and an old phone that cannot tell, signs
// all the same. <place-field>: fills the hidden field of every form of its page with the answer.

const PATIENCE_MS = 10_000;
const FRESH_MS = 60_000;
const DECLINED = 1; // GeolocationPositionError.PERMISSION_DENIED, which old browsers do not name
const MILLION = 1_000_000;

export interface Where {
  latitude_e6?: number;
  longitude_e6?: number;
  accuracy_m?: number;
  why_not?: 'refused' | 'unavailable';
}

export function locate(): Promise<Where> {
  return new Promise((resolve) => {
    if (!('geolocation' in navigator)) return resolve({ why_not: 'unavailable' });
    navigator.geolocation.getCurrentPosition(
      ({ coords }) =>
        resolve({
          latitude_e6: Math.round(coords.latitude * MILLION),
          longitude_e6: Math.round(coords.longitude * MILLION),
          accuracy_m: Math.round(coords.accuracy),
        }),
      (error) => resolve({ why_not: error.code === DECLINED ? 'refused' : 'unavailable' }),
      { timeout: PATIENCE_MS, maximumAge: FRESH_MS, enableHighAccuracy: true },
    );
  });
}

export class PlaceField extends HTMLElement {
  connectedCallback(): void {
    void locate().then((where) => {
      const words = [where.latitude_e6, where.longitude_e6, where.accuracy_m].join(',');
      for (const each of document.querySelectorAll<HTMLInputElement>('input[name="where"]'))
        each.value = where.why_not ?? words;
      const note = this.querySelector('[data-note]');
      if (note) note.textContent = where.why_not ? '没有取得位置：照常签到，核实后计学时' : '已取得位置';
    });
  }
}
