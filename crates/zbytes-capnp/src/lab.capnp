# The messages of ZBytes Lab.
#
# Bulk data stand in a field of their own, so that they can be a segment of their own: a reader learns name, type and shape
# without touching them. Elements are little-endian, as everything in Cap'n Proto.
#
# The Rust code beside this file is generated from it; `scripts/test` generates it again and compares.

@0xd5a1b2f07c9e4a63;

# The types of array elements, as JavaScript and numpy have them.
enum ElementType {
  int8 @0;
  uint8 @1;
  uint8Clamped @2;
  int16 @3;
  uint16 @4;
  int32 @5;
  uint32 @6;
  float16 @7;
  float32 @8;
  float64 @9;
  int64 @10;
  uint64 @11;
}

# An array of any number of dimensions, in row-major order.
struct Tensor {
  name @0 :Text;
  elementType @1 :ElementType;
  shape @2 :List(UInt32);     # Outermost first, as in numpy: height before width. Empty for a single number.
  data @3 :Data;              # As many bytes as the shape's product times the element's size.
  timestamp @4 :Int64;        # Nanoseconds since 1970-01-01T00:00:00Z.
}

# How the bytes of a pixel are to be read.
enum PixelFormat {
  mono8 @0;
  mono16 @1;
  rgb8 @2;
  rgba8 @3;
}

# One picture of a camera.
struct CameraFrame {
  frameId @0 :Text;           # Which camera, in which coordinate frame.
  sequence @1 :UInt32;        # Counts the frames of this camera.
  timestamp @2 :Int64;        # Nanoseconds since 1970-01-01T00:00:00Z.
  width @3 :UInt32;           # Pixels in a row.
  height @4 :UInt32;          # Rows.
  step @5 :UInt32;            # Bytes from one row to the next; at least those of its pixels.
  format @6 :PixelFormat;
  data @7 :Data;              # Rows from top to bottom: height times step bytes.
}

# Points in space as a structure of arrays: one list for each coordinate, all of one length.
struct PointCloud {
  frameId @0 :Text;           # In which coordinate frame.
  timestamp @1 :Int64;        # Nanoseconds since 1970-01-01T00:00:00Z.
  x @2 :List(Float32);        # Metres.
  y @3 :List(Float32);
  z @4 :List(Float32);
  intensity @5 :List(UInt16); # What the sensor received back, in steps of its own.
}
