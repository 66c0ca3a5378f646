//! The samples that have arrived: their payloads stay here, and the page gets facts about them.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
    time::Duration,
};

use gloo_timers::callback::Timeout;
use wasm_bindgen_futures::spawn_local;

use super::{hash, page::Page};
use crate::{
    app::{
        self, Event, KEPT_BYTES, KEPT_SAMPLES, More, SampleId, Stamp,
        session::{Attachment, Glimpse, Groups, Sender},
    },
    browser::clock,
    client::{Encoding, Sample, SampleKind},
    ledger::Ledger,
    live::Head,
    message::Looks,
    payload::ZBytes,
};

/// The shortest time between two reports of arrived samples: the page draws itself anew for each
/// report.
const ARRIVALS: Duration = Duration::from_millis(50);

/// A step of a line.
const TICK: Duration = Duration::from_secs(1);

/// What the session knows of a sample beside the sample itself.
pub(super) struct Beside {
    /// Who gave it as a reply to a get; `None` when it came by the subscription.
    pub(super) reply: Option<String>,
    /// What it is of a stream, if it is a frame of one.
    pub(super) frame: Option<Head>,
    /// When it was made, as the page shows it.
    pub(super) stamp: Option<Stamp>,
    /// How long it may have waited in the browser.
    pub(super) waited: Option<Duration>,
}

/// The samples that have arrived and are not reported yet. When they are too many, only the latest
/// stay.
#[derive(Default)]
struct Arrivals {
    samples: Vec<app::Sample>,
    received: u64,
    replies: u64,
    told: Duration,
    timer: Option<Timeout>,
}

/// Keeps the payloads of samples.
pub(super) struct Samples {
    page: Page,
    payloads: RefCell<HashMap<SampleId, ZBytes>>,
    next: Cell<SampleId>,
    arrivals: RefCell<Arrivals>,
    groups: RefCell<Groups>,
    /// Reports the groups once more, while their lines move on.
    tick: RefCell<Option<Timeout>>,
    /// Looks at the beginnings of payloads.
    looked: RefCell<Ledger>,
}

impl Samples {
    pub(super) fn new(page: Page) -> Rc<Self> {
        Rc::new(Self {
            page,
            payloads: RefCell::default(),
            next: Cell::new(1),
            arrivals: RefCell::default(),
            groups: RefCell::default(),
            tick: RefCell::default(),
            looked: RefCell::default(),
        })
    }

    /// The payload of a sample. `None` when it was dropped.
    pub(super) fn payload(&self, id: SampleId) -> Option<ZBytes> {
        self.payloads.borrow().get(&id).cloned()
    }

    /// Drops the payloads of these samples.
    pub(super) fn forget(&self, ids: &[SampleId]) {
        let mut payloads = self.payloads.borrow_mut();
        for id in ids {
            payloads.remove(id);
        }
    }

    /// Hashes a sample in turns with everything else, and tells the digest.
    pub(super) fn hash(&self, id: SampleId) {
        let (payload, page) = (self.payload(id), self.page.clone());
        spawn_local(async move {
            let result = match payload {
                Some(payload) => hash::sha256(&payload).await,
                None => Err("the sample was let go".to_owned()),
            };
            page.tell(Event::Hashed(id, result));
        });
    }

    /// The id of the next sample that arrives.
    pub(super) fn next_id(&self) -> SampleId {
        self.next.get()
    }

    /// Stores a sample, and reports it soon: at once after a pause, and together with others when
    /// many arrive. Returns its id.
    pub(super) fn arrived(self: &Rc<Self>, sample: Sample, beside: Beside) -> SampleId {
        let id = self.next.get();
        self.next.set(id + 1);
        let Beside { reply, frame, stamp, waited } = beside;
        let from = Sender::of(sample.local, sample.source_info);
        if reply.is_none() {
            self.groups.borrow_mut().count(sample.key_expr.as_str(), &from, clock::since_1970());
        }
        let more = More {
            // zenoh's default has nothing to say.
            encoding: sample
                .kind
                .encoding()
                .filter(|encoding| **encoding != Encoding::empty())
                .map(Encoding::to_string)
                .unwrap_or_default()
                .into(),
            attachment: sample.attachment.as_ref().map(Attachment::of),
            priority: sample.qos.priority,
            congestion_control: sample.qos.congestion_control,
            reliability: sample.reliability,
            express: sample.qos.express,
            source_sn: sample.source_info.map(|source| source.source_sn),
            timestamp: stamp,
            waited,
            looks: Looks::Other,
            from,
            glimpse: frame.as_ref().map(Glimpse::of_frame).unwrap_or_default(),
        };
        let due = {
            let mut arrivals = self.arrivals.borrow_mut();
            if reply.is_some() {
                arrivals.replies += 1
            } else {
                arrivals.received += 1
            }
            arrivals.samples.push(app::Sample {
                id,
                time: clock::time_of_day(),
                key: sample.key_expr.as_str().into(),
                deleted: sample.kind.is_delete(),
                len: sample.kind.payload_len(),
                segments: sample.kind.payload().map_or(0, |payload| payload.segments().len()),
                local: sample.local,
                hash: app::Hash::NotAsked,
                arrays: Vec::new(),
                reply,
                more,
            });
            let mut payloads = self.payloads.borrow_mut();
            // The person may ask for the bytes of a delete as well: it has none.
            let payload = match sample.kind {
                SampleKind::Put { payload, .. } => payload,
                SampleKind::Delete => ZBytes::empty(),
            };
            payloads.insert(id, payload);
            // Samples that the page will never show are dropped at once: a hidden page gets reports
            // once a second.
            let mut held: usize = arrivals.samples.iter().map(|sample| sample.len).sum();
            while arrivals.samples.len() > 1 && (arrivals.samples.len() > KEPT_SAMPLES || held > KEPT_BYTES) {
                let oldest = arrivals.samples.remove(0);
                held -= oldest.len;
                payloads.remove(&oldest.id);
            }
            clock::now().saturating_sub(arrivals.told) >= ARRIVALS
        };
        if due {
            self.tell();
            return id;
        }
        let mut arrivals = self.arrivals.borrow_mut();
        if arrivals.timer.is_none() {
            let this = self.clone();
            arrivals.timer = Some(Timeout::new(ARRIVALS.as_millis() as u32, move || this.tell()));
        }
        id
    }

    /// Counts samples anew, by key and sender. Groups of before may be on their way to the page: it hears that they are gone.
    pub(super) fn count_anew(&self) {
        self.groups.replace(Groups::default());
        let (samples, groups, at) = (Vec::new(), Vec::new(), clock::since_1970());
        self.page.tell(Event::Samples { samples, groups, at, received: 0, replies: 0 });
    }

    /// Reports what has arrived so far, and once a second how the lines move on.
    pub(super) fn tell(self: &Rc<Self>) {
        let Arrivals { mut samples, received, replies, .. } =
            self.arrivals.replace(Arrivals { told: clock::now(), ..Arrivals::default() });
        let mut groups = self.groups.borrow_mut();
        let at = clock::since_1970();
        let moves = groups.move_on(at);
        let this = self.clone();
        self.tick.replace(moves.then(|| Timeout::new(TICK.as_millis() as u32, move || this.tell())));
        if samples.is_empty() && !moves {
            return;
        }
        let payloads = self.payloads.borrow();
        for sample in &mut samples {
            let Some(payload) = payloads.get(&sample.id).filter(|_| !sample.deleted) else { continue };
            sample.more.looks = Looks::of(payload);
            let looked = &mut self.looked.borrow_mut();
            if sample.more.glimpse.parts.is_empty() {
                sample.more.glimpse = Glimpse::of(payload, sample.local, sample.more.looks, looked);
            }
        }
        let by_subscription = samples.iter().filter(|sample| sample.reply.is_none());
        by_subscription.for_each(|sample| groups.show(&sample.key, &sample.more.from, &sample.more.glimpse));
        self.page.tell(Event::Samples { samples, groups: groups.all().clone(), at, received, replies });
    }
}
