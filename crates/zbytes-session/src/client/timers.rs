//! What time does: signs of life, silence, and pauses of the driver.

use std::time::Duration;

use zenoh_protocol::transport::close::reason;

use super::{
    config::{HANDSHAKE_TIMEOUT, LEASE},
    error::CloseCause,
    event::Event,
    machine::{Client, Phase},
    pause::Pause,
};
use crate::wire::encode;

impl Client {
    /// The program that drives the client stood still until `now`. It must say so before it hands
    /// over anything else. What comes next may have waited in the browser meanwhile, and says
    /// nothing about the link. So the client asks the router, and only its answer does. Until then
    /// gets do not run into their timeout, and the session counts as last heard of before the
    /// pause. [`Event::CaughtUp`] tells that it has come. The router's silence, and the steps of a
    /// handshake, are timed anew.
    pub fn handle_pause(&mut self, pause: Pause, now: Duration) {
        self.pauses = self.pauses.and(pause);
        if self.is_open() || self.lost {
            self.paused = self.paused.and(pause);
        }
        match self.phase {
            Phase::Over => {}
            Phase::Init | Phase::Open(_) => self.deadline = self.deadline.saturating_add(pause.still),
            Phase::Running => {
                (self.last_received, self.suspected) = (now, None);
                let number = self.send_probe();
                self.probe = Some((number, now.saturating_add(HANDSHAKE_TIMEOUT)));
            }
        }
    }

    /// The pauses since the session was last known to live. Of a lost session, those by which it
    /// may have been lost, and all that followed.
    #[must_use]
    pub fn paused(&self) -> Pause {
        self.paused
    }

    /// What waited in the browser has been handled.
    pub(super) fn caught_up(&mut self) {
        self.probe = None;
        if !std::mem::take(&mut self.paused).is_none() {
            self.heard = self.last_received;
            self.events.push_back(Event::CaughtUp);
        }
    }

    /// Answers a KeepAlive with one: messages reach a hidden page unthrottled, timers do not.
    pub(super) fn keep_alive(&mut self, now: Duration) {
        if now.saturating_sub(self.last_sent) >= LEASE / 30 && self.control.is_empty() {
            self.control.push_back(encode::keep_alive());
        }
    }

    /// When [`Client::handle_timeout`] is due, or `None` once the session has ended.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.phase {
            Phase::Over => None,
            Phase::Init | Phase::Open(_) => Some(self.deadline),
            Phase::Running => {
                let silent = match self.suspected {
                    Some(since) => since + self.router_lease / 2,
                    None => self.last_received + self.router_lease,
                };
                let due = silent.min(self.last_sent + LEASE / 4);
                // While something may wait in the browser, answers to gets may.
                let other = self.probe.map_or_else(|| self.pending.deadline(), |(_, until)| Some(until));
                Some(other.map_or(due, |other| due.min(other)))
            }
        }
    }

    /// Lets time pass. Calling it too early does nothing.
    pub fn handle_timeout(&mut self, now: Duration) {
        match &self.phase {
            Phase::Over => {}
            Phase::Init | Phase::Open(_) => {
                if now >= self.deadline {
                    let answered = matches!(self.phase, Phase::Open(_));
                    self.end(CloseCause::NoAnswer { after: HANDSHAKE_TIMEOUT, answered }, None);
                }
            }
            Phase::Running => {
                // A router that is alive and does not answer must not stop the gets.
                self.probe = self.probe.filter(|(_, until)| now < *until);
                if self.probe.is_none() {
                    self.expire(now);
                }
                match self.suspected {
                    None if now >= self.last_received + self.router_lease => self.suspected = Some(now),
                    Some(since) if now >= since + self.router_lease / 2 => {
                        let silent = now.saturating_sub(self.last_received);
                        self.end(CloseCause::Silent { for_: silent }, Some(reason::EXPIRED));
                        return;
                    }
                    _ => {}
                }
                if now >= self.last_sent + LEASE / 4 && self.control.is_empty() {
                    self.control.push_back(encode::keep_alive());
                }
            }
        }
    }
}
