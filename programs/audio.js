// Sound in planes, as browsers give it: one array for each channel. A tone moves from the left to the right and back.
const RATE = 48000;
const BLOCK = 480;
return ({ seq }) => {
  const left = new Float32Array(BLOCK);
  const right = new Float32Array(BLOCK);
  for (let i = 0; i < BLOCK; i++) {
    // Blocks go on where the last one ended.
    const time = (seq * BLOCK + i) / RATE;
    const tone = 0.3 * Math.sin(2 * Math.PI * 440 * time);
    const place = (1 + Math.sin(2 * Math.PI * 0.5 * time)) / 2;
    left[i] = tone * (1 - place);
    right[i] = tone * place;
  }
  return { left, right };
};
