// A picture of 256 x 256 pixels, RGBA: red grows to the right, green downwards. Blue counts the frames.
const SIDE = 256;
return ({ seq }) => {
  // A new array for each frame: the last one now belongs to its payload.
  const pixels = new Uint8ClampedArray(SIDE * SIDE * 4);
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      pixels.set([x, y, (seq * 8) % 256, 255], (y * SIDE + x) * 4);
    }
  }
  return pixels;
};
