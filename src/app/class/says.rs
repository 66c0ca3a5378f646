//! The two texts of a class: what the teacher's page says, and what a student's says. Each is the
//! whole state of its page in the class, put again every two seconds. So one that was lost is made
//! good by the next, and a page that comes late knows all.
//!
//! They are JSON, so that a program in any language reads them. They come from outside: what is too
//! long, of another version, or not such a text is refused.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::name::{is_class, is_name};
use crate::{
    app::{lesson, link},
    outside::LINE,
    run::Scenario,
    segment::Mode,
};

/// The version of both texts. Another one is not read.
pub const VERSION: u32 = 1;

/// The most bytes of a text.
pub const MAX_SAYS: usize = 64 << 10;

/// The most bytes of a result of an experiment.
pub const MAX_RESULT: usize = 1 << 20;

/// The most students of a class.
pub const MAX_STUDENTS: usize = 64;

/// The most pieces of a payload that a student's page tells.
pub const MAX_PIECES: usize = 12;

/// The most characters of a zenoh id.
const MAX_ZID: usize = 32;

/// A scene for all pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneSaid {
    /// Which one, from 1.
    pub n: u64,
    /// The scene, as in the address of a page: `#s=…`.
    pub link: String,
}

/// A measurement for all pages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Which one, from 1.
    pub n: u64,
    /// What to measure.
    pub scenario: Scenario,
    /// The rows to measure, as in the address of a page; `None` where the scenario has its own.
    #[serde(default)]
    pub link: Option<String>,
}

/// What the teacher's page says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeacherSays {
    /// [`VERSION`].
    pub v: u32,
    /// The class.
    pub class: String,
    /// The zenoh id that the page had when it opened the class.
    pub zid: String,
    /// Grows with each change.
    pub n: u64,
    /// The step that the teacher is at, as in the address of a page: `#l=NAME/STEP`.
    #[serde(default)]
    pub lesson: Option<String>,
    /// The scene that all pages set up.
    #[serde(default)]
    pub scene: Option<SceneSaid>,
    /// What all pages measure.
    #[serde(default)]
    pub experiment: Option<Assignment>,
    /// The students whose result of this experiment is here.
    #[serde(default)]
    pub have: Vec<String>,
    /// Whether measurements stop.
    #[serde(default)]
    pub stop: bool,
}

/// What a page runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Device {
    /// A computer, as far as the browser says.
    #[default]
    Computer,
    /// A phone or a tablet.
    Phone,
}

/// How far a page is with an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExperimentState {
    /// It has heard of it, and does not measure yet.
    #[default]
    Waiting,
    /// It measures.
    Measuring,
    /// It has measured, and tells its result.
    Done,
    /// It could not measure.
    Failed,
}

/// What a student's page says of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentSaid {
    /// Which one.
    pub n: u64,
    /// How far it is.
    pub state: ExperimentState,
    /// The part that is measured, from 0 to 1.
    #[serde(default)]
    pub part: f64,
    /// Why it failed, in one sentence.
    #[serde(default)]
    pub why: String,
}

/// What a student's page says.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct StudentSays {
    /// [`VERSION`].
    pub v: u32,
    /// The name, as in its keys.
    pub name: String,
    /// The zenoh id that the page had when it joined.
    pub zid: String,
    /// Grows with each change.
    pub n: u64,
    /// The step of a lesson that it is at, as in the address of a page: `#l=NAME/STEP`.
    #[serde(default)]
    pub step: Option<String>,
    /// Whether the browser hides the page.
    #[serde(default)]
    pub hidden: bool,
    /// The browser, as in `Chrome 148`.
    #[serde(default)]
    pub engine: String,
    /// What it runs on.
    #[serde(default)]
    pub device: Device,
    /// Processors.
    #[serde(default)]
    pub cores: u32,
    /// What its link carries, in 1,000,000 B a second, as measured when it joined.
    #[serde(default)]
    pub link_mbs: Option<f64>,
    /// Data puts that have left since it joined.
    #[serde(default)]
    pub puts: u64,
    /// The pieces of its payload: bytes, and how they are taken.
    #[serde(default)]
    pub payload: Vec<(u64, Mode)>,
    /// What it does for an experiment.
    #[serde(default)]
    pub experiment: Option<ExperimentSaid>,
}

/// Why a text is not taken.
pub type Unread = &'static str;

const NOT_A_TEXT: Unread = "it is not a text of a class";

fn parsed<T: DeserializeOwned>(text: &str) -> Result<T, Unread> {
    if text.len() > MAX_SAYS {
        return Err("it is longer than any page says");
    }
    serde_json::from_str(text).map_err(|_| NOT_A_TEXT)
}

/// As JSON.
fn written(says: &impl Serialize) -> String {
    // Nothing in it can fail to be written.
    serde_json::to_string(says).unwrap_or_default()
}

fn checked(version: u32, bounded: bool) -> Result<(), Unread> {
    if version != VERSION {
        return Err("it is of another version of the lab");
    }
    if bounded { Ok(()) } else { Err(NOT_A_TEXT) }
}

fn is_zid(zid: &str) -> bool {
    (1..=MAX_ZID).contains(&zid.len()) && zid.bytes().all(|c| c.is_ascii_hexdigit())
}

fn is_scene(link: &str) -> bool {
    link.len() <= link::MAX_LINK && link.starts_with(link::PREFIX)
}

/// Whether this is the link of a step.
fn is_step(link: &str) -> bool {
    matches!(lesson::read_link(link), Some(Ok(_)))
}

impl TeacherSays {
    /// As JSON.
    #[must_use]
    pub fn text(&self) -> String {
        written(self)
    }

    /// Reads one of this class.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn read(text: &str, class: &str) -> Result<Self, Unread> {
        let says: Self = parsed(text)?;
        let links = says.scene.iter().map(|scene| &scene.link);
        let mut links = links.chain(says.experiment.iter().filter_map(|experiment| experiment.link.as_ref()));
        let bounded = is_class(class)
            && says.class == class
            && is_zid(&says.zid)
            && says.have.len() <= MAX_STUDENTS
            && says.have.iter().all(|name| is_name(name))
            && links.all(|link| is_scene(link))
            && says.lesson.as_deref().is_none_or(is_step);
        checked(says.v, bounded).map(|()| says)
    }
}

impl StudentSays {
    /// As JSON.
    #[must_use]
    pub fn text(&self) -> String {
        written(self)
    }

    /// Reads the one of the student of this name.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn read(text: &str, name: &str) -> Result<Self, Unread> {
        let says: Self = parsed(text)?;
        let short = |text: &str| text.chars().count() <= LINE;
        let experiment = says.experiment.as_ref();
        let bounded = is_name(name)
            && says.name == name
            && is_zid(&says.zid)
            && short(&says.engine)
            && says.payload.len() <= MAX_PIECES
            && says.link_mbs.is_none_or(|rate| rate > 0.0)
            && experiment.is_none_or(|said| (0.0..=1.0).contains(&said.part) && said.why.len() <= 10 * LINE)
            && says.step.as_deref().is_none_or(is_step);
        checked(says.v, bounded).map(|()| says)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::app::State;

    fn teacher() -> TeacherSays {
        let link = link::of(&State::default()).unwrap();
        TeacherSays {
            v: VERSION,
            class: "k7q2m".to_owned(),
            zid: "b4f1".to_owned(),
            n: 7,
            lesson: Some("#l=pieces/3".to_owned()),
            scene: Some(SceneSaid { n: 2, link: link.clone() }),
            experiment: Some(Assignment { n: 1, scenario: Scenario::OwnSizes, link: Some(link) }),
            have: vec!["Zoë".to_owned(), "ana-2".to_owned()],
            stop: false,
        }
    }

    fn student() -> StudentSays {
        StudentSays {
            v: VERSION,
            name: "Zoë".to_owned(),
            zid: "1".to_owned(),
            n: 3,
            step: Some("#l=pieces/3".to_owned()),
            engine: "Chrome 148".to_owned(),
            cores: 8,
            link_mbs: Some(12.5),
            puts: 120,
            payload: vec![(16, Mode::Copy), (11_796_480, Mode::Borrow)],
            experiment: Some(ExperimentSaid { n: 1, state: ExperimentState::Measuring, part: 0.5, why: String::new() }),
            ..StudentSays::default()
        }
    }

    #[test]
    fn texts_are_read_as_they_were_written() {
        assert_eq!(TeacherSays::read(&teacher().text(), "k7q2m"), Ok(teacher()));
        assert_eq!(StudentSays::read(&student().text(), "Zoë"), Ok(student()));
        // What another program may leave out.
        let least = json!({ "v": 1, "name": "ana", "zid": "1", "n": 0, "more": [[[]]] }).to_string();
        let says = StudentSays::read(&least, "ana").unwrap();
        assert_eq!((says.puts, says.device, says.step), (0, Device::Computer, None));
        let text: Value = serde_json::from_str(&student().text()).unwrap();
        assert_eq!((&text["device"], &text["experiment"]["state"]), (&json!("computer"), &json!("measuring")));
        assert_eq!(
            serde_json::from_str::<Value>(&teacher().text()).unwrap()["experiment"]["scenario"],
            json!("own-sizes")
        );
    }

    /// A text with one value in another way.
    fn with(text: &str, path: &str, value: Value) -> String {
        let mut text: Value = serde_json::from_str(text).unwrap();
        *text.pointer_mut(path).unwrap() = value;
        text.to_string()
    }

    #[test]
    fn hostile_text_of_a_teacher_is_refused() {
        let text = teacher().text();
        for (path, value) in [
            ("/v", json!(2)),
            ("/class", json!("other")),
            ("/zid", json!("not hexadecimal")),
            ("/zid", json!("1".repeat(MAX_ZID + 1))),
            ("/n", json!(-1)),
            ("/lesson", json!("#l=<script>")),
            ("/lesson", json!("javascript:alert(1)")),
            ("/scene/link", json!("#c=k7q2m")),
            ("/scene/link", json!(format!("#s={}", "A".repeat(link::MAX_LINK)))),
            ("/experiment/scenario", json!("everything")),
            ("/experiment/link", json!("https://example.org")),
            ("/have", json!(["a/b"])),
            ("/have", json!(vec!["ana"; MAX_STUDENTS + 1])),
        ] {
            let hostile = with(&text, path, value.clone());
            assert!(TeacherSays::read(&hostile, "k7q2m").is_err(), "{path} {value}");
        }
        let deep = format!("{}{}", "[".repeat(30_000), "]".repeat(30_000));
        let long = student().text().replacen('{', &format!("{{\"x\":\"{}\",", "x".repeat(MAX_SAYS)), 1);
        assert!(StudentSays::read(&long, "Zoë").is_err(), "it is too long");
        for hostile in ["", "null", "{", "\u{feff}{}", &deep, &long] {
            assert!(TeacherSays::read(hostile, "k7q2m").is_err() && StudentSays::read(hostile, "ana").is_err());
        }
    }

    #[test]
    fn hostile_text_of_a_student_is_refused() {
        let text = student().text();
        for (path, value) in [
            ("/v", json!(0)),
            ("/name", json!("Zoe")),
            ("/zid", json!("")),
            ("/engine", json!("x".repeat(LINE + 1))),
            ("/device", json!("toaster")),
            ("/cores", json!(-4)),
            ("/link_mbs", json!(-1.0)),
            ("/link_mbs", json!(0)),
            ("/puts", json!(1.5)),
            ("/payload", json!(vec![json!([1, "Copy"]); MAX_PIECES + 1])),
            ("/payload", json!([[1, "Steal"]])),
            ("/experiment/part", json!(2)),
            ("/experiment/why", json!("x".repeat(10 * LINE + 1))),
            ("/step", json!("#l=../x")),
        ] {
            let hostile = with(&text, path, value.clone());
            assert!(StudentSays::read(&hostile, "Zoë").is_err(), "{path} {value}");
        }
    }

    proptest! {
        #[test]
        fn property_mutated_text_is_read_or_refused(at in 0usize..600, byte: u8, cut in 0usize..600) {
            for text in [teacher().text(), student().text()] {
                let mut bytes = text.into_bytes();
                let len = bytes.len();
                bytes[at % len] = byte;
                bytes.truncate(len - cut % 5);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let _ = (TeacherSays::read(&text, "k7q2m"), StudentSays::read(&text, "Zoë"));
            }
        }
    }
}
