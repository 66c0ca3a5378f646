//! Who waits, and who has to go when too many wait.
//!
//! A connection that says nothing costs a descriptor and, in the router, one of a few places for
//! handshakes. So every connection waits at a [`Door`] until it has what it came for. A door holds
//! a bounded number. Beyond it a newcomer is let in all the same, and the one that has waited
//! longest goes: silence never takes the place of a connection that speaks. It is taken from the
//! address that has most connections waiting, so one address crowds out only itself.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A bounded number of connections that wait.
#[derive(Debug)]
pub(crate) struct Door {
    bound: usize,
    queue: Mutex<Queue>,
}

/// Those who wait, by the number of their place: the least has waited longest.
#[derive(Debug, Default)]
struct Queue {
    last: u64,
    waiting: BTreeMap<u64, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    from: IpAddr,
    sent_away: CancellationToken,
}

impl Door {
    /// A door at which `bound` connections may wait, at least one.
    pub(crate) fn new(bound: usize) -> Arc<Self> {
        Arc::new(Self { bound: bound.max(1), queue: Mutex::default() })
    }

    /// Lets a connection of this address wait. When too many wait, another one is sent away.
    pub(crate) fn enter(self: &Arc<Self>, from: IpAddr) -> Guest {
        let from = neighbourhood(from);
        let guest = Guest {
            door: Arc::clone(self),
            from,
            place: Mutex::new(None),
            sent_away: CancellationToken::new(),
            settled: CancellationToken::new(),
        };
        guest.queue_up();
        guest
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // The queue is whole between any two statements, so a panic elsewhere does not spoil it.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    fn waiting(&self) -> usize {
        self.queue().waiting.len()
    }
}

impl Queue {
    fn add(&mut self, waiting: Waiting) -> u64 {
        self.last += 1;
        self.waiting.insert(self.last, waiting);
        self.last
    }

    /// Sends away the oldest of the address that has most waiting; of several such addresses, of
    /// the one that came first.
    fn make_room(&mut self) {
        let mut most = HashMap::<IpAddr, (usize, u64)>::new();
        for (&place, waiting) in &self.waiting {
            most.entry(waiting.from).or_insert((0, place)).0 += 1;
        }
        let oldest = most.into_values().max_by_key(|&(number, place)| (number, std::cmp::Reverse(place)));
        if let Some(waiting) = oldest.and_then(|(_, place)| self.waiting.remove(&place)) {
            waiting.sent_away.cancel();
        }
    }
}

/// A connection at a door. Dropping it is leaving.
#[derive(Debug)]
pub(crate) struct Guest {
    door: Arc<Door>,
    from: IpAddr,
    /// The place that it took last, `None` once it has settled. Locked before the queue.
    place: Mutex<Option<u64>>,
    sent_away: CancellationToken,
    settled: CancellationToken,
}

impl Guest {
    /// Begins to wait anew, at the end of the queue: the connection has said something that was
    /// worth the wait.
    pub(crate) fn queue_up(&self) {
        let mut place = self.place();
        if self.sent_away.is_cancelled() || self.settled.is_cancelled() {
            return;
        }
        let mut queue = self.door.queue();
        if let Some(old) = place.take() {
            queue.waiting.remove(&old);
        }
        *place = Some(queue.add(Waiting { from: self.from, sent_away: self.sent_away.clone() }));
        while queue.waiting.len() > self.door.bound {
            queue.make_room();
        }
    }

    /// Waits no longer: the connection has what it came for.
    pub(crate) fn settle(&self) {
        self.settled.cancel();
        self.leave();
    }

    /// Resolves when this connection has to go: it was sent away, or it has not settled in time.
    /// Never resolves once it has settled.
    pub(crate) async fn must_go(&self, within: Duration) -> MustGo {
        let must_go = tokio::select! {
            biased;
            () = self.settled.cancelled() => None,
            () = self.sent_away.cancelled() => Some(MustGo::Crowded),
            () = tokio::time::sleep(within) => Some(MustGo::Late(within)),
        };
        match must_go {
            Some(must_go) => must_go,
            None => std::future::pending().await,
        }
    }

    /// The address that the door counts this connection under.
    pub(crate) fn from(&self) -> IpAddr {
        self.from
    }

    /// Resolves when this connection was sent away.
    pub(crate) async fn sent_away(&self) {
        self.sent_away.cancelled().await;
    }

    fn leave(&self) {
        if let Some(place) = self.place().take() {
            self.door.queue().waiting.remove(&place);
        }
    }

    fn place(&self) -> MutexGuard<'_, Option<u64>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Why a connection has to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MustGo {
    /// Too many wait, and this one has waited longest.
    Crowded,
    /// It had this long.
    Late(Duration),
}

/// What counts as one address. The network of an IPv6 address is one: a single machine may have all
/// the addresses in it.
fn neighbourhood(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        ip => ip,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn gone(guests: &[Guest]) -> Vec<usize> {
        (0..guests.len()).filter(|&n| guests[n].sent_away.is_cancelled()).collect()
    }

    #[test]
    fn the_one_that_has_waited_longest_goes() {
        let door = Door::new(3);
        let guests: Vec<_> = (0..5).map(|_| door.enter(ip("127.0.0.1"))).collect();
        assert_eq!(gone(&guests), [0, 1]);
        assert_eq!(door.waiting(), 3);
    }

    #[test]
    fn who_speaks_goes_to_the_end_of_the_queue() {
        let door = Door::new(3);
        let mut guests: Vec<_> = (0..3).map(|_| door.enter(ip("127.0.0.1"))).collect();
        guests[0].queue_up();
        guests.push(door.enter(ip("127.0.0.1")));
        assert_eq!(gone(&guests), [1]);
        // What was sent away stays away.
        guests[1].queue_up();
        assert_eq!(door.waiting(), 3);
        assert_eq!(gone(&guests), [1]);
    }

    #[test]
    fn who_has_settled_or_left_takes_no_place() {
        let door = Door::new(2);
        let settled = door.enter(ip("127.0.0.1"));
        settled.settle();
        drop(door.enter(ip("127.0.0.1")));
        let guests: Vec<_> = (0..2).map(|_| door.enter(ip("127.0.0.1"))).collect();
        assert_eq!(gone(&guests), [0_usize; 0]);
        assert!(!settled.sent_away.is_cancelled());
        settled.queue_up();
        assert_eq!(door.waiting(), 2);
    }

    #[test]
    fn one_address_crowds_out_only_itself() {
        let door = Door::new(4);
        let first = door.enter(ip("10.0.0.1"));
        let flood: Vec<_> = (0..100).map(|_| door.enter(ip("10.0.0.2"))).collect();
        assert!(!first.sent_away.is_cancelled());
        assert_eq!(gone(&flood).len(), 97);
        let second = door.enter(ip("10.0.0.3"));
        assert_eq!(gone(&flood).len(), 98);
        assert!(![&first, &second].iter().any(|guest| guest.sent_away.is_cancelled()));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_ipv4_within_ipv6_is_ipv4() {
        assert_eq!(neighbourhood(ip("2001:db8:1:2:3:4:5:6")), neighbourhood(ip("2001:db8:1:2::9")));
        assert_ne!(neighbourhood(ip("2001:db8:1:2::1")), neighbourhood(ip("2001:db8:1:3::1")));
        assert_eq!(neighbourhood(ip("::ffff:10.0.0.1")), ip("10.0.0.1"));
        assert_ne!(neighbourhood(ip("10.0.0.1")), neighbourhood(ip("10.0.0.2")));
    }

    #[tokio::test]
    async fn who_has_not_settled_in_time_must_go() {
        let door = Door::new(1);
        let guest = door.enter(ip("127.0.0.1"));
        let within = Duration::from_millis(20);
        assert_eq!(guest.must_go(within).await, MustGo::Late(within));
        let next = door.enter(ip("127.0.0.1"));
        assert_eq!(guest.must_go(within).await, MustGo::Crowded);
        next.settle();
        tokio::select! {
            _ = next.must_go(within) => unreachable!("it has settled"),
            () = tokio::time::sleep(5 * within) => {}
        }
    }
}
