// What a scan came to, heard and felt: one high tone for yes, two for mind, one low for no.

let context: AudioContext | undefined;

/** Sounds and shakes for one of the tones good, warn and bad. */
export function sound(tone: string | undefined): void {
  navigator.vibrate?.(tone === 'good' ? 80 : [120, 60, 120]);
  const tones = tone === 'good' ? [880] : tone === 'warn' ? [660, 660] : [220];
  tones.forEach((hertz, place) => beep(hertz, place * 0.18, tone === 'bad' ? 0.5 : 0.12));
}

function beep(hertz: number, after: number, seconds: number): void {
  try {
    context ??= new AudioContext();
    const tone = context.createOscillator();
    tone.frequency.value = hertz;
    tone.connect(context.destination);
    tone.start(context.currentTime + after);
    tone.stop(context.currentTime + after + seconds);
  } catch {
    // no sound here: colour, sign and word say it
  }
}
