// A scan of a lidar in a room of 8 m x 6 m: 720 distances all around, and how strongly each beam comes back.
const BEAMS = 720;
const [HALF_X, HALF_Y] = [4, 3];
return ({ seq }) => {
  const ranges = new Float32Array(BEAMS);
  const intensities = new Uint16Array(BEAMS);
  // The robot turns by one beam with each scan.
  for (let i = 0; i < BEAMS; i++) {
    const angle = (2 * Math.PI * (i + seq)) / BEAMS;
    const toX = HALF_X / Math.abs(Math.cos(angle));
    const toY = HALF_Y / Math.abs(Math.sin(angle));
    ranges[i] = Math.min(toX, toY);
    intensities[i] = 60000 / (1 + ranges[i] ** 2);
  }
  return { ranges, intensities };
};
