// A sparse matrix of 1,000 x 1,000 in CSR: three arrays, of three types. It is the Laplacian of a line:
// 2 on the diagonal, -1 beside it.
const SIZE = 1000;
const values = [];
const columns = [];
// Where each row begins in the other two.
const starts = [0];
for (let row = 0; row < SIZE; row++) {
  for (const column of [row - 1, row, row + 1]) {
    if (column < 0 || column >= SIZE) continue;
    values.push(column === row ? 2 : -1);
    columns.push(column);
  }
  starts.push(values.length);
}
return { values: Float64Array.from(values), columns: Uint32Array.from(columns), starts: BigInt64Array.from(starts, BigInt) };
