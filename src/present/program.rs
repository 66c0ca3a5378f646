//! The payload of the page as a program in Rust, JavaScript and Python, which builds these very rows
//! and puts them. A test compiles and runs such programs, and compares their bytes.
//!
//! The languages share everything but their words: an array has a name, a call that makes it and a
//! way to be taken. What a language has for each is in its `Dialect`.

use crate::{
    app::{Fill, Kind, Row, Typed, positions},
    given::Reading,
    outside::is_unseen,
    present::{
        format,
        hex::{ByteOrder, Value, value},
        layout::story,
        snippet::{PageFacts, identifier, quoted},
    },
    segment::{Element, Mode},
};

/// A language in which the page writes its payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the `zenoh` crate.
    Rust,
    /// JavaScript, with the module of this project.
    JavaScript,
    /// Python, with eclipse-zenoh.
    Python,
}

impl Language {
    /// Every language.
    pub const ALL: [Language; 3] = [Self::Rust, Self::JavaScript, Self::Python];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::JavaScript => "JavaScript",
            Self::Python => "Python",
        }
    }

    const fn dialect(self) -> &'static Dialect {
        match self {
            Self::Rust => &RUST,
            Self::JavaScript => &JAVASCRIPT,
            Self::Python => &PYTHON,
        }
    }
}

/// The words of a language. Where a value stands, its name is between two `§`.
struct Dialect {
    /// What a comment on an array begins with.
    comment: &'static str,
    /// Makes arrays by a pattern.
    made: &'static str,
    /// Makes arrays of what is given, which is one of the next four.
    given: &'static str,
    text: &'static str,
    hex: &'static str,
    numbers: &'static str,
    file: &'static str,
    /// Puts the arrays of a name into the payload: by copy, borrow and move.
    taken: [&'static str; 3],
    /// What only some programs need, by its name.
    parts: &'static [(&'static str, &'static str)],
    /// The program.
    whole: &'static str,
}

const RUST: Dialect = Dialect {
    comment: "    // ",
    made: "    let §name§ = arrays(§repeat§, §length§, |§n§| §element§);\n",
    given: "    let §name§ = vec![Arc::new(§bytes§); §repeat§];\n",
    text: "§value§.as_bytes().to_vec()",
    hex: "hex(§value§)",
    numbers: "vec![§value§]",
    file: "std::fs::read(§value§)?[§from§..§to§].to_vec()",
    taken: [
        "    §name§.iter().for_each(|array| payload.append(bytemuck::cast_slice::<_, u8>(array).into()));\n",
        "    §name§.iter().for_each(|array| payload.append(refer(array.clone())));\n",
        "    §name§.into_iter().for_each(|array| payload.append(refer(array)));\n",
    ],
    parts: &[
        ("halves", " half@2"),
        ("half-feature", ",half/bytemuck"),
        ("half-use", "use half::f16;\n"),
        ("refer-use", "use bytemuck::NoUninit;\nuse bytes::Bytes;\n"),
        (
            "arrays",
            "
/// `repeat` arrays of `length` elements, which are numbered through all arrays.
fn arrays<T>(repeat: u64, length: u64, element: impl Fn(u64) -> T) -> Vec<Arc<Vec<T>>> {
    (0..repeat).map(|at| Arc::new((at * length..(at + 1) * length).map(&element).collect())).collect()
}
",
        ),
        (
            "refer",
            "
/// Lets zenoh refer to an array, which lives as long as the payload.
fn refer<T: NoUninit + Send + Sync>(array: Arc<Vec<T>>) -> ZBytes {
    struct Shared<T>(Arc<Vec<T>>);
    impl<T: NoUninit> AsRef<[u8]> for Shared<T> {
        fn as_ref(&self) -> &[u8] {
            bytemuck::cast_slice(&self.0)
        }
    }
    Bytes::from_owner(Shared(array)).into()
}
",
        ),
        (
            "hex",
            "
fn hex(digits: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).expect(\"two digits\");
    (0..digits.len()).step_by(2).map(byte).collect()
}
",
        ),
        (
            "mix",
            "
/// The noise of the page, by splitmix64.
fn mix(n: u64) -> u64 {
    let z = n.wrapping_add(0x9E3779B97F4A7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58476D1CE4E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D049BB133111EB);
    z ^ (z >> 31)
}
",
        ),
        (
            "unit",
            "
fn unit(n: u64, bits: u32) -> f64 {
    (mix(n) >> (64 - bits)) as f64 / (1u64 << bits) as f64
}
",
        ),
    ],
    whole: "// cargo add zenoh@1.10.2 bytes@1 bytemuck@1 sha2@0.11 tokio@1§halves§ -F tokio/full§half-feature§
use std::sync::Arc;

§refer-use§§half-use§use sha2::{Digest, Sha256};
use zenoh::{bytes::ZBytes, qos::CongestionControl};

#[tokio::main]
async fn main() -> zenoh::Result<()> {
§arrays-made§
    // A writer of zenoh keeps each segment where it is. Copied are the rows by copy, §copied§. So
    // from_segments would save no copy in Rust; it would look at all segments before it takes one.
    // A borrowed array stays with the program, which cannot write it while zenoh refers to it.
    let mut payload = ZBytes::writer();
§segments§    let payload = payload.finish();
    let mut hash = Sha256::new();
    payload.slices().for_each(|slice| hash.update(slice));
    let hash: String = hash.finalize().iter().map(|byte| format!(\"{byte:02x}\")).collect();
    println!(\"{} {hash}\", payload.len());

    let mut config = zenoh::Config::default();
    config.insert_json5(\"mode\", r#\"\"client\"\"#)?;
    config.insert_json5(\"connect/endpoints\", r#\"[§tcp§]\"#)?;
    let session = zenoh::open(config).await?;
    // On the way out zenoh copies each byte once, into its batches.
    session.put(§key§, payload).congestion_control(CongestionControl::Block).await?;
    // The answer to a query comes behind the put: then the router has all of it.
    let replies = session.get(§key§).await?;
    while replies.recv_async().await.is_ok() {}
    session.close().await
}
§arrays§§refer§§hex§§mix§§unit§",
};

const JAVASCRIPT: Dialect = Dialect {
    comment: "// ",
    made: "const §name§ = arrays(§repeat§, §length§, §type§, (§n§) => §element§);\n",
    given: "const §name§ = Array.from({ length: §repeat§ }, () => §bytes§);\n",
    text: "new TextEncoder().encode(§value§)",
    hex: "new Uint8Array(Buffer.from(§value§, \"hex\"))",
    numbers: "§type§.of(§value§)",
    file: "new Uint8Array(readFileSync(§value§).subarray(§from§, §to§))",
    taken: [
        "  ...§name§,\n",
        "  ...§name§.map((bytes) => ({ bytes, mode: \"borrow\" })),\n",
        "  ...§name§.map((bytes) => ({ bytes, mode: \"move\" })),\n",
    ],
    parts: &[
        ("file-use", "import { readFileSync } from \"node:fs\";\n"),
        (
            "arrays",
            "
/** `repeat` arrays of `length` elements, which are numbered through all arrays. */
function arrays(repeat, length, Type, element) {
  return Array.from({ length: repeat }, (_, at) => {
    const array = new Type(length);
    for (let i = 0; i < length; i++) array[i] = element(at * length + i);
    return array;
  });
}
",
        ),
        (
            "mix",
            "
/** The noise of the page, by splitmix64. */
function mix(n) {
  const u64 = (z) => BigInt.asUintN(64, z);
  let z = u64(n + 0x9E3779B97F4A7C15n);
  z = u64((z ^ (z >> 30n)) * 0xBF58476D1CE4E5B9n);
  z = u64((z ^ (z >> 27n)) * 0x94D049BB133111EBn);
  return z ^ (z >> 31n);
}
",
        ),
        (
            "unit",
            "
function unit(n, bits) {
  return Number(mix(n) >> BigInt(64 - bits)) / 2 ** bits;
}
",
        ),
        (
            "halves",
            "
/** The bits of a positive number as a Float16, for which Node has an array from version 24 on. */
function half(x) {
  if (x >= 65520) return 0x7c00;
  const exponent = Math.max(Math.floor(Math.log2(x)), -14);
  const exact = x / 2 ** (exponent - 10);
  const even = 2 * Math.round(exact / 2);
  return (exponent + 14) * 1024 + (Math.abs(exact - even) === 0.5 ? even : Math.round(exact));
}
",
        ),
    ],
    whole: "// npm install zbytes, which scripts/module of ZBytes Lab builds; for Node 20 also: npm install ws
import { createHash } from \"node:crypto\";
§file-use§import { CongestionControl, Session, ZBytes, ready } from \"zbytes\";

§arrays-made§
// fromSegments copies the rows by copy, §copied§, and refers to the others where they are.
// Do not write a borrowed array before the put has left. A moved one is empty from here on.
// Without fromSegments, one array would have to be made of all: a copy of §total§.
await ready();
const payload = ZBytes.fromSegments([
§segments§]);
const hash = createHash(\"sha256\");
for (const segment of payload.segments()) hash.update(segment);
console.log(payload.length, hash.digest(\"hex\"));

const session = await Session.open(§ws§);
// On the way out each byte is copied once, into a batch.
await session.put(§key§, payload, { congestionControl: CongestionControl.BLOCK });
await session.flush();
await session.close();
§arrays§§halves§§mix§§unit§",
};

const PYTHON: Dialect = Dialect {
    comment: "# ",
    made: "§name§ = arrays(§repeat§, §length§, §type§, lambda n: §element§)\n",
    given: "§name§ = [§bytes§] * §repeat§\n",
    text: "§value§.encode()",
    hex: "bytes.fromhex(§value§)",
    numbers: "np.array([§value§], §type§)",
    file: "open(§value§, \"rb\").read()[§from§:§to§]",
    taken: ["    *§name§,\n"; 3],
    parts: &[
        ("numpy", " numpy"),
        ("numpy-use", "import numpy as np\n"),
        (
            "arrays",
            "def arrays(repeat, length, dtype, element):
    \"\"\"`repeat` arrays of `length` elements, which are numbered through all arrays.\"\"\"
    numbers = (np.arange(at * length, (at + 1) * length, dtype=\"u8\") for at in range(repeat))
    return [element(n).astype(dtype) for n in numbers]


",
        ),
        (
            "mix",
            "def mix(n):
    \"\"\"The noise of the page, by splitmix64.\"\"\"
    z = n + 0x9E3779B97F4A7C15
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB
    return z ^ (z >> 31)


",
        ),
        (
            "unit",
            "def unit(n, bits):
    return (mix(n) >> (64 - bits)) / 2**bits


",
        ),
    ],
    whole: "# pip install eclipse-zenoh==1.10.2§numpy§
import hashlib
§numpy-use§import zenoh


§arrays§§mix§§unit§§arrays-made§
# eclipse-zenoh 1.10.2 takes one block. join copies §total§ into it, and ZBytes copies them again,
# into memory of zenoh. The proposed ZBytes.from_segments(segments, copy=False) would refer to the
# arrays where they are and save both copies. Then none may be written before the put has left.
# Python cannot move an array: nothing there takes memory away from its holder.
payload = b\"\".join([
§segments§])
print(len(payload), hashlib.sha256(payload).hexdigest())

config = zenoh.Config()
config.insert_json5(\"mode\", '\"client\"')
config.insert_json5(\"connect/endpoints\", '[§tcp§]')
with zenoh.open(config) as session:
    # On the way out zenoh copies each byte once more, into its batches.
    session.put(§key§, zenoh.ZBytes(payload), congestion_control=zenoh.CongestionControl.BLOCK)
    # The answer to a query comes behind the put: then the router has all of it.
    for _ in session.get(§key§):
        pass
",
};

/// A run of equal arrays, as a line of the program.
struct Run<'a> {
    name: String,
    repeat: usize,
    /// Bytes of each.
    bytes: usize,
    mode: Mode,
    /// What a reader must know of them.
    note: Option<String>,
    what: What<'a>,
}

/// What is in the arrays of a run.
enum What<'a> {
    /// A pattern, with the row whose noise it is.
    Made(&'a Row, Element, usize),
    Text(&'a str),
    Bytes(Vec<u8>),
    Numbers(&'a [u8], Element),
    File {
        name: &'a str,
        from: usize,
    },
}

/// The program in a language that builds the payload of `rows` and puts it. It prints the length and
/// the SHA-256 of the payload.
///
/// # Errors
/// In words: why these rows have none.
pub fn text(language: Language, rows: &[Row], page: &PageFacts<'_>) -> Result<String, String> {
    let runs = runs(rows)?;
    let dialect = language.dialect();
    let (mut used, mut made, mut segments) = (Vec::new(), String::new(), String::new());
    for run in &runs {
        if let Some(note) = &run.note {
            note.lines().for_each(|line| made.push_str(&format!("{}{line}\n", dialect.comment)));
        }
        made.push_str(&line(language, run, &mut used));
        let (at, parts): (_, &[_]) = match run.mode {
            Mode::Copy => (0, &[]),
            Mode::Borrow => (1, &["refer", "refer-use"]),
            Mode::Move => (2, &["refer", "refer-use"]),
        };
        used.extend(parts);
        segments.push_str(&fill(dialect.taken[at], |_| run.name.clone()));
    }
    let bytes = |mode: Option<Mode>| {
        let of_mode = runs.iter().filter(|run| mode.is_none_or(|mode| mode == run.mode));
        format::bytes(of_mode.map(|run| run.bytes * run.repeat).sum())
    };
    Ok(fill(dialect.whole, |name| match name {
        "arrays-made" => made.clone(),
        "segments" => segments.clone(),
        "copied" => bytes(Some(Mode::Copy)),
        "total" => bytes(None),
        "tcp" => quoted(page.endpoint),
        "ws" => quoted(page.ws),
        "key" => escaped(page.key, language),
        name => {
            let part = dialect.parts.iter().find(|(part, _)| *part == name && used.contains(part));
            part.map_or_else(String::new, |(_, text)| (*text).to_owned())
        }
    }))
}

/// The line that makes the arrays of a run. Notes what it needs.
fn line(language: Language, run: &Run<'_>, used: &mut Vec<&'static str>) -> String {
    let dialect = language.dialect();
    let mut of = None;
    let value;
    let (bytes, from) = match &run.what {
        What::Made(row, element, _) => {
            of = Some(*element);
            value = number(language, row, *element, used);
            used.extend(["arrays", "numpy", "numpy-use"]);
            ("", 0)
        }
        What::Text(text) => {
            value = escaped(text, language);
            (dialect.text, 0)
        }
        What::Bytes(bytes) => {
            used.push("hex");
            value = format!("\"{}\"", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
            (dialect.hex, 0)
        }
        What::Numbers(bytes, element) => {
            of = Some(*element);
            used.extend(["numpy", "numpy-use"]);
            value = numbers(language, bytes, *element);
            (dialect.numbers, 0)
        }
        What::File { name, from } => {
            used.push("file-use");
            value = escaped(name, language);
            (dialect.file, *from)
        }
    };
    let plain = |name: &str| match name {
        "name" => run.name.clone(),
        "repeat" => digits(run.repeat),
        "length" => digits(if let What::Made(.., length) = run.what { length } else { 0 }),
        "type" => of.map_or_else(String::new, |element| type_name(language, element)),
        // Rust and JavaScript name what they do not use.
        "n" => if value.contains('n') { "n" } else { "_" }.to_owned(),
        "from" => from.to_string(),
        "to" => (from + run.bytes).to_string(),
        _ => value.clone(),
    };
    if bytes.is_empty() {
        return fill(dialect.made, plain);
    }
    fill(dialect.given, |name| if name == "bytes" { fill(bytes, plain) } else { plain(name) })
}

/// A template with its values.
fn fill(template: &str, value: impl Fn(&str) -> String) -> String {
    let parts = template.split('§').enumerate();
    parts.map(|(at, part)| if at % 2 == 0 { part.to_owned() } else { value(part) }).collect()
}

/// A number as a literal of every language, as in `2_949_120`.
fn digits(number: usize) -> String {
    format::count(number).replace(',', "_")
}

/// The type of an array: in Rust of its elements, in JavaScript the class, in Python the dtype.
fn type_name(language: Language, element: Element) -> String {
    let size = element.size();
    let kind = match element {
        Element::Int8 | Element::Int16 | Element::Int32 | Element::BigInt64 => 'i',
        Element::Float16 | Element::Float32 | Element::Float64 => 'f',
        _ => 'u',
    };
    match language {
        Language::Rust => format!("{kind}{}", size * 8),
        Language::JavaScript if element == Element::Float16 => "Uint16Array".to_owned(),
        Language::JavaScript => element.array_name().to_owned(),
        Language::Python => format!("\"<{kind}{size}\""),
    }
}

/// The element of number `n`, by the pattern of a row. Every step gives the same bits in every
/// language: whole numbers wrap, and a number with a point is rounded once.
fn number(language: Language, row: &Row, element: Element, used: &mut Vec<&'static str>) -> String {
    use Language::{JavaScript, Python, Rust};
    let kind = type_name(language, element);
    let (is_float, is_half) = (element.name().starts_with("Float"), element == Element::Float16);
    if is_half {
        used.extend(["halves", "half-feature", "half-use"]);
    }
    let is_big = element.size() == 8 && !is_float;
    let number = match (row.fill, language) {
        (Fill::Zeros, Python) => "n * 0".to_owned(),
        (Fill::Zeros, _) => if is_big && language == JavaScript { "0n" } else { "0" }.to_owned(),
        (Fill::Ramp, JavaScript) if is_big => "BigInt(n)".to_owned(),
        (Fill::Ramp, _) => "n".to_owned(),
        (Fill::Noise, _) => {
            used.push("mix");
            let seed = format!("{:#x}", row.noise_seed());
            let n = if language == JavaScript { format!("BigInt(n) ^ {seed}n") } else { format!("n ^ {seed}") };
            if is_float {
                used.push("unit");
                format!("unit({n}, {})", if is_half { 11 } else { 53 })
            } else if language == JavaScript && !is_big {
                format!("Number(BigInt.asUintN(32, mix({n})))")
            } else {
                format!("mix({n})")
            }
        }
    };
    match language {
        Rust if is_half => format!("f16::from_f64({number} as f64)"),
        Rust => format!("{number} as {kind}"),
        JavaScript if is_half => format!("half({number})"),
        // This array alone does not wrap.
        JavaScript if element == Element::Uint8Clamped => format!("{number} & 255"),
        _ => number,
    }
}

/// The elements of typed values as literals.
fn numbers(language: Language, bytes: &[u8], element: Element) -> String {
    let suffix = match language {
        Language::Rust => type_name(language, element),
        Language::JavaScript if element.array_name().starts_with("Big") => "n".to_owned(),
        _ => String::new(),
    };
    let all = bytes.chunks_exact(element.size()).enumerate().map(|(at, bytes)| {
        let number = match value(bytes, element, ByteOrder::Little) {
            Some(Value::Float(float, _)) if element == Element::Float32 => format!("{:?}", float as f32),
            Some(Value::Float(float, _)) => format!("{float:?}"),
            Some(Value::Whole(whole)) => whole.to_string(),
            None => String::new(),
        };
        // Rust infers the others from the first.
        if language == Language::Rust && at > 0 { number } else { number + &suffix }
    });
    all.collect::<Vec<_>>().join(", ")
}

/// A text as a string literal that is exactly this text. What cannot be seen is written by its
/// number.
fn escaped(text: &str, language: Language) -> String {
    let mut literal = String::from("\"");
    for c in text.chars() {
        let code = u32::from(c);
        match c {
            '"' | '\\' => literal.extend(['\\', c]),
            _ if !is_unseen(c) => literal.push(c),
            _ if language == Language::Python => literal.push_str(&format!("\\U{code:08x}")),
            _ => literal.push_str(&format!("\\u{{{code:x}}}")),
        }
    }
    literal.push('"');
    literal
}

/// What the program makes, in the order of the payload.
fn runs(rows: &[Row]) -> Result<Vec<Run<'_>>, String> {
    if rows.is_empty() {
        return Err("There is not a row yet.".to_owned());
    }
    let not_built = || "These rows make no payload: Build says why.".to_owned();
    if story::first_refused(rows).is_some() {
        return Err(not_built());
    }
    let mut runs = Vec::new();
    for (row, positions) in rows.iter().zip(positions(rows)) {
        let at = positions.start;
        let name = format!("{}_{at}", identifier(row.name.raw(), at));
        let run = |name: String, what, bytes| Run { name, repeat: row.repeat, bytes, mode: row.mode, note: None, what };
        if let (Some(spec), Some(way)) = (row.spec(), row.way()) {
            let around = spec.around(way).map_err(|_| not_built())?;
            let fields = spec.arrays().into_iter().filter(|field| field.bytes() > 0);
            let first = runs.len();
            for (index, (bytes, field)) in around.into_iter().zip(fields.map(Some).chain([None])).enumerate() {
                if !bytes.is_empty() {
                    let len = bytes.len();
                    runs.push(run(format!("{name}_words_{index}"), What::Bytes(bytes), len));
                }
                if let Some(field) = field {
                    let what = What::Made(row, field.element, field.length);
                    runs.push(run(format!("{name}_{}", field.field), what, field.bytes()));
                }
            }
            if let Some(run) = runs.get_mut(first) {
                run.note = Some(format!(
                    "{} of Cap'n Proto. What is not its arrays is written as the page has it: a library would\n\
                     lay the message out in a way of its own, with another SHA-256.",
                    spec.schema().name()
                ));
            }
            continue;
        }
        let bytes = row.array_bytes();
        let what = match &row.kind {
            Kind::Text(text) => What::Text(text),
            Kind::Values(_) if bytes == 0 => return Err(not_built()),
            Kind::Values(Typed { bytes, .. }) if has_literals(bytes, row.element) => What::Numbers(bytes, row.element),
            Kind::Values(Typed { bytes, .. }) => What::Bytes(bytes.clone()),
            Kind::File(given) => {
                let from = given.offer().start.ok_or_else(|| {
                    let how = match given.reading {
                        Reading::Pixels => "are decoded from a picture, and decoders differ",
                        Reading::Column(_) => "are the numbers of a column",
                        Reading::Bytes | Reading::Values => "are written in another order or width in its file",
                    };
                    format!(
                        "The bytes of {} {how}, so there is not a program for these rows. Choose in its row to take the \
                         bytes of the file: then there is one.",
                        row.name.shown()
                    )
                })?;
                What::File { name: &given.about.name, from }
            }
            Kind::Code(_) => {
                return Err(
                    "Own code makes these arrays, in JavaScript, and its row has it: there is not a program for these \
                            rows in another language."
                        .to_owned(),
                );
            }
            Kind::Robot(_) => {
                return Err(
                    "A robot makes another frame for each put, by code of the lab: there is not a program for \
                            these rows. examples/robot.py receives them."
                        .to_owned(),
                );
            }
            Kind::Captured(_) => {
                return Err("The browser captures another frame for each put: there is not a program for these rows. \
                            examples/robot.py receives them."
                    .to_owned());
            }
            _ => What::Made(row, row.element, row.length),
        };
        let note = match &row.kind {
            Kind::File(_) => Some("The file must be where the program runs.".to_owned()),
            Kind::DataView => Some("On the page it is a DataView.".to_owned()),
            Kind::ArrayBuffer => Some("On the page it is an ArrayBuffer.".to_owned()),
            _ => None,
        };
        let part = row
            .is_part()
            .then(|| format!("On the page it is a part of a buffer of {}.", format::bytes(row.buffer_bytes())));
        runs.push(Run { note: part.or(note), ..run(name, what, bytes) });
    }
    Ok(runs)
}

/// Whether each element is a number that every language has a literal for.
fn has_literals(bytes: &[u8], element: Element) -> bool {
    let finite = |bytes| match value(bytes, element, ByteOrder::Little) {
        Some(Value::Float(float, _)) => float.is_finite(),
        _ => true,
    };
    element != Element::Float16 && bytes.chunks_exact(element.size()).all(finite)
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::{
        app::Preset,
        given::{About, Offer},
        message::Schema,
        present::{snippet, texts::review},
    };

    const PAGE: PageFacts<'_> = PageFacts {
        endpoint: snippet::TCP,
        ws: snippet::WS,
        key: "lab/tensor",
        sub_key: "lab/**",
        folder: "http://127.0.0.1:8080/",
        schema: Schema::Tensor,
    };

    fn file(offer: Offer) -> Row {
        Row::file(0, 1, &Rc::new(About { offers: vec![offer.clone()], ..About::unknown("a.npy", 90) }), &offer)
    }

    #[test]
    fn the_programs_of_rows_are_those_that_were_reviewed() {
        for language in Language::ALL {
            for preset in [Preset::Framed, Preset::Frame, Preset::ManyTiny] {
                let text = text(language, &preset.rows(0), &PAGE).unwrap();
                review(&format!("rows-{}-{}", preset.key(), language.name()), &text);
            }
        }
    }

    #[test]
    fn what_a_program_needs_is_there_and_nothing_else() {
        let noise = |element| vec![Row { fill: Fill::Noise, ..Row::array(3, "n", element, 5) }];
        let text = |language, rows: &[Row]| text(language, rows, &PAGE).unwrap();
        let halves = text(Language::Rust, &noise(Element::Float16));
        assert!(halves.contains("half@2 -F tokio/full,half/bytemuck") && halves.contains("use half::f16;"), "{halves}");
        assert!(halves.contains("f16::from_f64(unit(n ^ 0x30000000000, 11) as f64)"), "{halves}");
        assert!(!halves.contains("fn refer") && !halves.contains("fn hex"), "{halves}");
        let clamped = text(Language::JavaScript, &noise(Element::Uint8Clamped));
        assert!(
            clamped.contains("(n) => Number(BigInt.asUintN(32, mix(BigInt(n) ^ 0x30000000000n))) & 255"),
            "{clamped}"
        );
        assert!(!clamped.contains("function half") && !clamped.contains("readFileSync"), "{clamped}");
        let words = text(Language::Python, &[Row::text(0, "t", "x")]);
        assert!(!words.contains("numpy") && !words.contains("def "), "{words}");
        assert!(Language::ALL.iter().all(|one| !text(*one, &noise(Element::Int8)).contains('§')));
    }

    #[test]
    fn a_text_from_outside_cannot_leave_its_literal() {
        let rows = [Row::text(0, "a\nb", "\"\\\n\u{202e}§key§")];
        for language in Language::ALL {
            let text = text(language, &rows, &PageFacts { key: "a\"b", ..PAGE }).unwrap();
            let unseen =
                if language == Language::Python { ["\\U0000000a", "\\U0000202e"] } else { ["\\u{a}", "\\u{202e}"] };
            assert!(text.contains(&format!("\"\\\"\\\\{}{}§key§\"", unseen[0], unseen[1])), "{text}");
            assert!(text.contains("\"a\\\"b\"") && text.contains("a_b_0"), "{text}");
        }
    }

    #[test]
    fn rows_without_a_program_say_why() {
        let why = |rows: &[Row]| text(Language::Python, rows, &PAGE).unwrap_err();
        assert_eq!(why(&[]), "There is not a row yet.");
        let part = Row { before: 1, mode: Mode::Move, ..Row::array(0, "p", Element::Int8, 4) };
        assert_eq!(why(&[part]), "These rows make no payload: Build says why.");
        let offer = |reading, start| Offer {
            reading,
            element: Element::Int16,
            length: 5,
            name: String::new(),
            empty: 0,
            start,
        };
        let swapped = why(&[file(offer(Reading::Values, None))]);
        assert!(swapped.contains("another order or width") && swapped.contains("bytes of the file"), "{swapped}");
        assert!(why(&[file(offer(Reading::Pixels, None))]).contains("decoders differ"));
        let values = text(Language::Python, &[file(offer(Reading::Values, Some(80)))], &PAGE).unwrap();
        assert!(values.contains("open(\"a.npy\", \"rb\").read()[80:90]"), "{values}");
    }
}
