// 100 rows of an inertial sensor: time, three accelerations in m/s², three rates of turn in rad/s.
const ROWS = 100;
const COLUMNS = 7;
return ({ seq }) => {
  const rows = new Float64Array(ROWS * COLUMNS);
  for (let i = 0; i < ROWS; i++) {
    const time = (seq * ROWS + i) / 200;
    const sway = Math.sin(2 * Math.PI * time);
    rows.set([time, 0.3 * sway, 0, 9.81, 0, 0, 0.1 * sway], i * COLUMNS);
  }
  return rows;
};
