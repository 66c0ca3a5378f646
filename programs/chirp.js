// A chirp: a tone that rises from 200 Hz to 4 kHz in one second, as 16-bit samples.
const RATE = 16000;
const FROM = 200;
const TO = 4000;
const tone = new Int16Array(RATE);
for (let i = 0; i < tone.length; i++) {
  const t = i / RATE;
  // The phase is the integral of the frequency.
  const phase = 2 * Math.PI * (FROM * t + ((TO - FROM) * t * t) / 2);
  tone[i] = Math.round(32000 * Math.sin(phase));
}
return tone;
