//! A bounded queue of waiting connections, and the choice of the one to close when too many wait.
//!
//! A silent connection costs a descriptor and, in the router, one of a few places for handshakes.
//! So every connection waits at a [`Door`] until it has sent its request or its first message.
//!
//! A door holds a bounded number. Beyond it the door still admits a new connection, and closes the
//! one that has waited longest. So a silent connection never blocks one that sends. The door closes
//! a connection of the address with the most waiting ones, so one address displaces only itself.

use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

/// A bounded number of waiting connections.
#[derive(Debug)]
pub(crate) struct Door {
    bound: usize,
    queue: Mutex<Queue>,
}

/// The waiting connections, by the number of their place: the smallest number has waited longest.
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

    /// Admits a connection from this address. If too many wait, the door closes another one.
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
        // The queue is consistent between any two statements, so a panic elsewhere does not damage
        // it.
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

    /// Closes the oldest connection of the address with the most waiting ones. Of several such
    /// addresses, it chooses the one whose connection is oldest.
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

/// A connection at a door. Dropping it frees its place.
#[derive(Debug)]
pub(crate) struct Guest {
    door: Arc<Door>,
    from: IpAddr,
    /// The current place, or `None` once it has settled. Lock this before the queue.
    place: Mutex<Option<u64>>,
    sent_away: CancellationToken,
    settled: CancellationToken,
}

impl Guest {
    /// Moves to the end of the queue and waits anew: the connection has sent something useful.
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

    /// Stops waiting: the connection has completed the step that the door waited for.
    pub(crate) fn settle(&self) {
        self.settled.cancel();
        self.leave();
    }

    /// Resolves when the caller must close this connection: the door chose it, or it has not
    /// settled in time. Never resolves once it has settled.
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

    /// The address under which the door counts this connection.
    pub(crate) fn from(&self) -> IpAddr {
        self.from
    }

    /// Resolves when the door has chosen this connection to be closed.
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

/// Why a connection must be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MustGo {
    /// Too many connections wait, and this one was chosen.
    Crowded,
    /// It has waited for the whole time that it had.
    Late(Duration),
}

/// The address or network that counts as one. An IPv6 address counts as its /64 network, because a
/// single machine may have all the addresses in it.
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
        // A closed connection cannot enter the queue again.
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
    fn an_ipv6_network_is_one_address_and_mapped_ipv4_is_ipv4() {
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
