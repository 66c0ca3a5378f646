// A cloud of points on a torus, x y z of each behind one another, as in a message PointCloud2. It turns.
const POINTS = 10000;
const [RING, TUBE] = [2, 0.7];
return ({ t }) => {
  const cloud = new Float32Array(POINTS * 3);
  for (let i = 0; i < POINTS; i++) {
    // The golden ratio spreads the points without a pattern.
    const u = 2 * Math.PI * ((i * 0.618034) % 1) + t;
    const v = (2 * Math.PI * i) / POINTS;
    const r = RING + TUBE * Math.cos(v);
    cloud.set([r * Math.cos(u), r * Math.sin(u), TUBE * Math.sin(v)], i * 3);
  }
  return cloud;
};
