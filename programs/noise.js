// Noise that is the same everywhere: a generator with a seed (xorshift). Math.random() would be another one each time.
let state = 2463534242;
const next = () => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
};
return () => Uint32Array.from({ length: 4096 }, next);
