// A sine wave: 440 Hz at 48,000 samples a second, for a tenth of a second.
const RATE = 48000;
const wave = new Float32Array(RATE / 10);
for (let i = 0; i < wave.length; i++) {
  wave[i] = 0.5 * Math.sin((2 * Math.PI * 440 * i) / RATE);
}
return wave;
