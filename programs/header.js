// A message of one's own: a header of 24 bytes, written by a DataView, and the samples behind it as a segment apart.
const SAMPLES = 500;
return ({ seq }) => {
  const header = new DataView(new ArrayBuffer(24));
  // "LAB1", then the version, a type, the number of the message and the length of what follows. Little-endian.
  for (const [at, letter] of Array.from("LAB1").entries()) header.setUint8(at, letter.charCodeAt(0));
  header.setUint16(4, 1, true);
  header.setUint16(6, 9, true);
  header.setBigUint64(8, BigInt(seq), true);
  header.setUint32(16, SAMPLES * 2, true);
  const samples = Int16Array.from({ length: SAMPLES }, (_, i) => i * (seq + 1));
  return { header, samples };
};
