// The Mandelbrot set, 320 x 240: how many steps each point stays near, at most 255. Each frame goes in deeper.
const [WIDTH, HEIGHT] = [320, 240];
return ({ seq }) => {
  const steps = new Uint8Array(WIDTH * HEIGHT);
  const size = 3 / 1.05 ** seq;
  for (let i = 0; i < steps.length; i++) {
    const a = -0.7436 + (((i % WIDTH) - WIDTH / 2) / WIDTH) * size;
    const b = 0.1318 + ((Math.floor(i / WIDTH) - HEIGHT / 2) / WIDTH) * size;
    let [x, y, n] = [0, 0, 0];
    while (n < 255 && x * x + y * y < 4) {
      [x, y] = [x * x - y * y + a, 2 * x * y + b];
      n++;
    }
    steps[i] = n;
  }
  return steps;
};
