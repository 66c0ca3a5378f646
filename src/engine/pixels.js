// Decodes a picture into the pixels that it says it has, as RGBA, row by row. The file decides:
// neither its orientation nor its colour profile changes a pixel. Returns a promise.
export async function pixelsOf(picture, length) {
  const bitmap = await createImageBitmap(picture, {
    imageOrientation: 'none',
    premultiplyAlpha: 'none',
    colorSpaceConversion: 'none',
  });
  const { width, height } = bitmap;
  if (width * height * 4 !== length) throw new Error(`it has ${width} × ${height} pixels, and its beginning says otherwise`);
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error(`no canvas has room for ${width} × ${height} pixels`);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Uint8Array(context.getImageData(0, 0, width, height).data.buffer);
}
