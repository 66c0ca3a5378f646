// What a sensor behind a Bayer filter sees of a white ramp: 12 bits in 16, rows of R G R G and G B G B.
const [WIDTH, HEIGHT] = [640, 480];
const raw = new Uint16Array(WIDTH * HEIGHT);
// How much of white each filter lets through, of 8.
const SHARE = [
  [5, 8],
  [8, 6],
];
for (let y = 0; y < HEIGHT; y++) {
  for (let x = 0; x < WIDTH; x++) {
    const white = Math.floor((x * 4095) / (WIDTH - 1));
    raw[y * WIDTH + x] = (white * SHARE[y % 2][x % 2]) >> 3;
  }
}
return raw;
