//! Whole puts, from the arrays through a router into a second session of the same page. With both
//! sessions in one page, one clock measures both ends.

use std::{cell::RefCell, rc::Rc, time::Duration};

use futures_channel::mpsc;
use gloo_timers::callback::Timeout;

use zbytes_session::web::command::{Command, Declare, Sent};

use crate::engine::measuring::{
    Bench, Stop,
    rig::{cannot_build, same},
    rig_of,
};
use crate::{
    app::{Problem, Row},
    browser::clock,
    client::{CommandError, CongestionControl, Event, KeyExpr, Put, Sample, pause::STILL},
    engine::{
        host::{self, Driver, LabHost, Told},
        sources::Sources,
    },
    ledger::{self, Ledger},
    measure::{
        course::{Progress, stood_still},
        order,
    },
    number::{bytes, count as said},
    payload::ZBytes,
    present::cause::refusal,
    run::{Puts, Stage, StageSeries, Variant},
    segment::Mode,
};

/// How many whole puts the run makes of each variant.
pub(crate) const PUTS: u32 = 12;

/// When all puts together have taken so long, the run ends early.
const LONG: Duration = Duration::from_secs(20);

/// Even then, the run makes at least so many puts of each variant.
const AT_LEAST: u32 = 6;

/// A variant with fewer puts gives no result.
const FEWEST: usize = 3;

/// How long the router may take for any answer.
const PATIENCE_MILLIS: u32 = 60_000;

/// How long to wait for a probe before the next one.
const PROBE_MILLIS: u32 = 50;

/// The variants that put a payload. Without `moves`, the list leaves out the variant that moves.
fn variants(moves: bool) -> &'static [(Variant, Mode)] {
    const ALL: [(Variant, Mode); 3] =
        [(Variant::Copy, Mode::Copy), (Variant::Borrow, Mode::Borrow), (Variant::Move, Mode::Move)];
    let [others @ .., _] = &ALL;
    if moves { &ALL } else { others }
}

/// How many puts there will be.
pub(crate) fn count(moves: bool) -> u32 {
    PUTS * variants(moves).len() as u32
}

const STAGES: [Stage; 6] = [Stage::Produce, Stage::Build, Stage::Gather, Stage::Send, Stage::Arrive, Stage::Read];

/// A message of one of the two sessions, with its time where that matters.
enum Heard {
    Opened,
    Arrived(Sample, Duration),
    PutEnded(u64, Result<Sent, Problem>),
    Closed(Option<Problem>),
    /// Neither session sent a message for too long.
    Late,
    /// The person has stopped the run.
    Stopped,
}

/// Why the run makes no further put.
enum Halt {
    Stopped,
    Failed(Problem),
}

impl From<Problem> for Halt {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

/// Estimates how long all puts of `len` bytes will take, before the first one: 5 ms, and 8 ns for
/// each byte.
pub(crate) fn guess(len: usize) -> Duration {
    // Includes the puts that warm up.
    (Duration::from_millis(5) + Duration::from_nanos(8 * len as u64)) * (count(true) + variants(true).len() as u32)
}

/// A session to put with, and one to receive with.
struct Link {
    sender: Driver,
    receiver: Driver,
    heard: mpsc::UnboundedReceiver<Heard>,
    tell: mpsc::UnboundedSender<Heard>,
    timer: Rc<RefCell<Option<Timeout>>>,
    /// The keys of whole puts and of probes.
    keys: [KeyExpr; 2],
    last: u64,
    stop: Stop,
}

fn lost(detail: &str) -> Problem {
    Problem::new(
        "A measured put did not arrive.",
        format!("{detail} Nothing of this measurement counts; measure again."),
    )
}

/// The session refused a command of the measurement.
fn refused(error: &CommandError) -> Problem {
    lost(&format!("{}.", refusal(error)))
}

impl Link {
    async fn open(url: &str, stop: &Stop) -> Result<Self, Halt> {
        let (tell, heard) = mpsc::unbounded();
        let open = |receives: bool| {
            let tell = tell.clone();
            let place = host::place(url);
            Driver::open(url, LabHost, move |told| {
                let heard = match told {
                    Told::Event(Event::Opened(_)) => Heard::Opened,
                    Told::Event(Event::Sample(sample)) if receives => Heard::Arrived(sample, clock::now()),
                    Told::PutEnded(id, result) => {
                        Heard::PutEnded(id, result.map_err(|failure| place.put_problem(&failure)))
                    }
                    Told::Refused(id, error) => Heard::PutEnded(id, Err(refused(&error))),
                    Told::Declared(_, Err(error)) => Heard::Closed(Some(refused(&error))),
                    Told::Closed(error) => Heard::Closed(error.map(|error| place.link_problem(&error))),
                    _ => return,
                };
                // The receiver is dropped when the measurement has ended.
                let _ = tell.unbounded_send(heard);
            })
        };
        let (sender, receiver) = (open(false), open(true));
        // The key belongs to this measurement alone: other pages on the same router may measure
        // too.
        let own = format!("zbytes-lab/measure/{:x}", js_sys::Math::random().to_bits());
        let key = |part: &str| KeyExpr::new(&format!("{own}/{part}")).map_err(|error| refused(&error.into()));
        let keys = [key("put")?, key("probe")?];
        let mut link = Self {
            sender,
            receiver,
            heard,
            tell: tell.clone(),
            timer: Rc::default(),
            keys,
            last: 0,
            stop: stop.clone(),
        };
        stop.on_set(move || {
            let _ = tell.unbounded_send(Heard::Stopped);
        });
        let mut opened = 0;
        while opened < 2 {
            match link.next(PATIENCE_MILLIS).await? {
                Heard::Opened => opened += 1,
                Heard::Late => return Err(lost("The router did not open a session within a minute.").into()),
                _ => {}
            }
        }
        link.receiver.send(Command::Declare(1, Declare::Subscriber(key("*")?.into())));
        link.probe().await?;
        Ok(link)
    }

    /// Waits for the next message of the sessions.
    async fn next(&mut self, patience: u32) -> Result<Heard, Halt> {
        if self.stop.is_set() {
            return Err(Halt::Stopped);
        }
        let heard = loop {
            let (tell, begun) = (self.tell.clone(), clock::now());
            *self.timer.borrow_mut() = Some(Timeout::new(patience, move || {
                let _ = tell.unbounded_send(Heard::Late);
            }));
            // It does not end while `tell` is here.
            let heard = self.heard.recv().await.unwrap_or(Heard::Late);
            self.timer.borrow_mut().take();
            let late = clock::now().saturating_sub(begun).saturating_sub(Duration::from_millis(patience.into()));
            // If the browser stopped the thread, the message may still wait in the browser.
            if !matches!(heard, Heard::Late) || late < STILL {
                break heard;
            }
        };
        match heard {
            Heard::Stopped => Err(Halt::Stopped),
            Heard::Closed(problem) => Err(problem.unwrap_or_else(|| lost("The session was closed.")).into()),
            Heard::PutEnded(_, Err(problem)) => Err(problem.into()),
            heard => Ok(heard),
        }
    }

    /// Puts probes until one arrives: a router does not report when a subscription has taken
    /// effect.
    async fn probe(&mut self) -> Result<(), Halt> {
        let begun = clock::now();
        while clock::now().saturating_sub(begun).as_millis() < PATIENCE_MILLIS.into() {
            let [_, key] = &self.keys;
            self.put(key.clone(), ZBytes::empty());
            loop {
                match self.next(PROBE_MILLIS).await? {
                    Heard::Arrived(..) => return Ok(()),
                    Heard::Late => break,
                    _ => {}
                }
            }
        }
        Err(lost("The router does not deliver from one session of this page to another.").into())
    }

    fn put(&mut self, key: KeyExpr, payload: ZBytes) -> u64 {
        self.last += 1;
        let put = Put { congestion_control: CongestionControl::Block, ..Put::new(key, payload) };
        self.sender.send(Command::Put(self.last, put));
        self.last
    }

    /// Puts, and waits until the put has left and has arrived. It skips late probes.
    async fn deliver(&mut self, payload: ZBytes) -> Result<(Sent, Sample, Duration), Halt> {
        let [key, _] = self.keys.clone();
        let mine = self.put(key.clone(), payload);
        let (mut sent, mut arrived) = (None, None);
        loop {
            match self.next(PATIENCE_MILLIS).await? {
                Heard::PutEnded(id, Ok(end)) if id == mine => sent = Some(end),
                Heard::Arrived(sample, at) if sample.key_expr == key => arrived = Some((sample, at)),
                Heard::Late => return Err(lost("It was not seen within a minute.").into()),
                _ => {}
            }
            (sent, arrived) = match (sent, arrived) {
                (Some(sent), Some((sample, at))) => return Ok((sent, sample, at)),
                waiting => waiting,
            };
        }
    }
}

/// What is put at one size.
struct Size<'a> {
    rows: &'a [Row],
    /// The payload that must arrive.
    reference: ZBytes,
    /// How long a put takes, if nothing stops it.
    usual: Duration,
}

/// One whole put by stage, in the order of [`STAGES`]: the time, and the bytes that the lab copied.
type Staged = [(Duration, u64); 6];

fn whole(staged: &Staged) -> Duration {
    staged.iter().map(|(took, _)| *took).sum()
}

async fn one(link: &mut Link, size: &Size<'_>, mode: Mode, check: bool, bench: &mut Bench<'_>) -> Result<Staged, Halt> {
    let begun = clock::now();
    let mut sources = Sources::new(bench.files.clone());
    sources.make(size.rows)?;
    if mode == Mode::Move {
        // The page keeps its files, so the payload moves twins of them. The twins are made before
        // the build, so that its time does not contain them.
        sources.own_files()?;
    }
    let producing = clock::now().saturating_sub(begun);
    bench.pace.rest().await;
    let begun = clock::now();
    let (payload, receipt) = sources.build(Some(mode))?;
    let build = clock::now().saturating_sub(begun);
    let building = receipt.ledger.total();
    let (sent, sample, arrived) = link.deliver(payload).await?;
    let whole = arrived.saturating_sub(begun);
    bench.pace.rest().await;
    let begun = clock::now();
    let mut ledger = Ledger::new();
    let arrived_payload = sample.kind.payload().ok_or_else(|| lost("A delete arrived instead of the put."))?;
    let contiguous = arrived_payload.to_bytes(&mut ledger).map_err(|error| cannot_build(&error))?;
    if contiguous.len() != size.reference.len() {
        let whole = bytes(size.reference.len());
        return Err(lost(&format!("It arrived with {} of {whole}.", said(contiguous.len()))).into());
    }
    let reading = clock::now().saturating_sub(begun);
    if check {
        bench.pace.rest().await;
        same(arrived_payload, &size.reference)?;
    }
    Ok([
        (producing, 0),
        (build, building),
        (sent.gather, sent.ledger.bytes_in(ledger::Stage::Gather)),
        (sent.send, 0),
        (whole.saturating_sub(build).saturating_sub(sent.gather).saturating_sub(sent.send), 0),
        (reading, ledger.total()),
    ])
}

/// Takes whole puts by copy, by borrow and, if the rows can be moved, by move, in turns, of each of
/// `sizes`. Returns those that arrived, size by size. Also returns why the run ended early, unless
/// the person stopped it.
///
/// The first size is always put. Another one is left out if it is there already, or if memory or
/// [`LONG`] would not be enough for it.
pub(crate) async fn run(
    url: &str,
    sizes: &[Vec<Row>],
    moves: bool,
    bench: &mut Bench<'_>,
) -> (Vec<Puts>, Option<Problem>) {
    let mut puts = Vec::new();
    let problem = match take(url, sizes, variants(moves), bench, &mut puts).await {
        Ok(()) | Err(Halt::Stopped) => None,
        Err(Halt::Failed(problem)) => Some(problem),
    };
    (puts.into_iter().filter(|puts: &Puts| puts.at.len() >= FEWEST).collect(), problem)
}

async fn take<'a>(
    url: &str,
    wanted: &'a [Vec<Row>],
    variants: &[(Variant, Mode)],
    bench: &mut Bench<'_>,
    puts: &mut Vec<Puts>,
) -> Result<(), Halt> {
    let mut link = Link::open(url, &bench.pace.stop).await?;
    let mut sizes: Vec<Size<'a>> = Vec::new();
    for rows in wanted {
        let rounds = (AT_LEAST + 1) * variants.len() as u32;
        let len = rows.iter().map(Row::bytes).fold(0, usize::saturating_add);
        if let Some(first) = sizes.first() {
            let expected = first.usual.mul_f64(len as f64 / first.reference.len().max(1) as f64);
            let all = sizes.iter().map(|size| size.usual).sum::<Duration>() + expected;
            if all * rounds > LONG || sizes.iter().any(|size| size.reference.len() == len) {
                continue;
            }
        }
        let reference = match rig_of(rows, false, bench.files, bench.pace).await {
            Ok(rig) => rig.reference().clone(),
            Err(problem) if sizes.is_empty() => return Err(problem.into()),
            Err(_) => continue,
        };
        // The first puts warm up. The lab compares every byte of them.
        let mut size = Size { rows, reference, usual: Duration::MAX };
        for (_, mode) in variants {
            size.usual = size.usual.min(whole(&one(&mut link, &size, *mode, true, bench).await?));
        }
        puts.extend(variants.iter().map(|(variant, _)| Puts {
            variant: *variant,
            bytes: Some(size.reference.len() as u64),
            at: Vec::new(),
            stages: STAGES.map(|stage| StageSeries { stage, copied: 0, samples: Vec::new() }).into(),
        }));
        sizes.push(size);
    }
    let mut begun = clock::now();
    let mut aside = 0;
    let (mut done, total) = (0, PUTS * puts.len() as u32);
    for round in 0..PUTS {
        if clock::now().saturating_sub(begun) > LONG && round >= AT_LEAST {
            break;
        }
        for index in order(crate::engine::measuring::SEED, round, puts.len()) {
            bench.pace.rest().await;
            let (size, variant) = (index / variants.len(), index % variants.len());
            let (Some((_, mode)), Some(size), Some(puts)) =
                (variants.get(variant), sizes.get_mut(size), puts.get_mut(index))
            else {
                continue;
            };
            let (at, staged) = loop {
                let at = clock::now().saturating_sub(bench.begun);
                let staged = one(&mut link, size, *mode, false, bench).await?;
                let took = whole(&staged);
                if !stood_still(size.usual, took) || aside >= PUTS {
                    size.usual = size.usual.min(took);
                    break (at, staged);
                }
                // The loop puts it again. The time in which the browser stopped the thread does not
                // count.
                aside += 1;
                begun += took;
            };
            puts.at.push(at.as_secs_f64() * 1e3);
            for (series, (took, copied)) in puts.stages.iter_mut().zip(staged) {
                series.samples.push(took.as_nanos() as f64);
                series.copied = copied;
            }
            done += 1;
            let left = clock::now().saturating_sub(begun) / done * (total - done);
            bench.tell(Progress { done: bench.before + done, total: bench.before + total, left: Some(left) });
        }
    }
    Ok(())
}
