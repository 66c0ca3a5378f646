//! A class: the code that its pages need at `/zenoh`, how many wrong ones an address may try, and the links that
//! lead to the page with the code in them.
//!
//! A code is for a room: it keeps out who is on the same network and was not told. It has 30 random bits, and an
//! address may try ten in a minute. Over plain http others on the network can read it along.
//!
//! The lab's own machine needs no code: its programs reach the router's ports anyway.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use if_addrs::Interface;
use qrcodegen::{QrCode, QrCodeEcc};
use tokio::time::Instant;
use zenoh_protocol::core::ZenohIdProto;

/// The value of `--code` for a class without one.
pub(crate) const NO_CODE: &str = "none";
/// Digits and letters that a person does not take for each other.
const SIGNS: [u8; 32] = *b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// How many signs a code has that the lab makes.
const LENGTH: usize = 6;
/// How many signs one may have that a person chooses.
const LENGTHS: std::ops::RangeInclusive<usize> = 4..=32;
/// How many wrong codes an address may try within [`WITHIN`], counted from the first.
const TRIES: u32 = 10;
const WITHIN: Duration = Duration::from_secs(60);
/// Of how many addresses the lab knows wrong codes at the same time.
const ADDRESSES: usize = 4096;

/// Checks a code given to `--code`.
pub(crate) fn code(text: &str) -> Result<String, String> {
    let is_one = LENGTHS.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_one { Ok(text.to_owned()) } else { Err(format!("expected 4 to 32 letters or digits, or `{NO_CODE}`")) }
}

/// What the lab knows of its class.
#[derive(Debug)]
pub(crate) struct Class {
    code: Option<String>,
    /// Whether the page's port is open to the network by `--lan`.
    lan: bool,
    wrong: Mutex<HashMap<IpAddr, Wrong>>,
}

/// The wrong codes of one address.
#[derive(Debug, Clone, Copy)]
struct Wrong {
    since: Instant,
    count: u32,
}

/// Why a page may not connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoEntry {
    Missing,
    Wrong,
    /// Too many wrong codes came from this address. It may try again after this time.
    Wait(Duration),
}

impl fmt::Display for NoEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => write!(f, "This lab wants the code of its class: expected /zenoh?code=CODE."),
            Self::Wrong => {
                write!(f, "That is not the code of this lab. The teacher's page shows it, and the lab in its terminal.")
            }
            Self::Wait(rest) => {
                write!(f, "Too many wrong codes came from this address. Try again in {} s.", rest.as_secs() + 1)
            }
        }
    }
}

impl Class {
    /// `wished` is what `--code` says. With `--lan` and without a wish, the lab makes a code.
    pub(crate) fn new(lan: bool, wished: Option<&str>) -> Self {
        let code = match wished {
            Some(NO_CODE) => None,
            Some(code) => Some(code.to_ascii_uppercase()),
            None => lan.then(random),
        };
        Self { code, lan, wrong: Mutex::default() }
    }

    /// The code, if pages need one.
    pub(crate) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether a program at `from` is on the lab's own machine. `host` is the host that it names.
    ///
    /// A front on this machine passes requests of others on. With `--lan` the lab has none in front of it, and a front
    /// that keeps the name of its host is told by that.
    pub(crate) fn is_own(&self, from: IpAddr, host: Option<&str>) -> bool {
        let is_loopback = |host: &str| {
            host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
        };
        self.lan && from.is_loopback() && host.is_some_and(is_loopback)
    }

    /// Whether a page at `from` may connect with the code that it gives. Counts a wrong one.
    pub(crate) fn check(&self, from: IpAddr, given: Option<&str>, now: Instant) -> Result<(), NoEntry> {
        let Some(code) = &self.code else { return Ok(()) };
        let given = given.filter(|given| !given.is_empty()).ok_or(NoEntry::Missing)?;
        // The map is consistent between any two statements, so a panic elsewhere does not damage it.
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = |wrong: &Wrong| WITHIN.saturating_sub(now.saturating_duration_since(wrong.since));
        if let Some(rest) =
            wrong.get(&from).filter(|wrong| wrong.count >= TRIES).map(rest).filter(|rest| !rest.is_zero())
        {
            return Err(NoEntry::Wait(rest));
        }
        if given.eq_ignore_ascii_case(code) {
            wrong.remove(&from);
            return Ok(());
        }
        if wrong.len() >= ADDRESSES {
            wrong.retain(|_, wrong| !rest(wrong).is_zero());
        }
        // With so many at once it is an attack, and its oldest address begins anew.
        if wrong.len() >= ADDRESSES
            && let Some(oldest) = wrong.iter().min_by_key(|(_, wrong)| wrong.since).map(|(from, _)| *from)
        {
            wrong.remove(&oldest);
        }
        let mine = wrong.entry(from).or_insert(Wrong { since: now, count: 0 });
        if rest(mine).is_zero() {
            *mine = Wrong { since: now, count: 0 };
        }
        mine.count += 1;
        Err(NoEntry::Wrong)
    }

    /// The link by which others join at this address, with `http` or `https`.
    pub(crate) fn link(&self, scheme: &str, addr: SocketAddr) -> String {
        let code = self.code.as_ref().map_or(String::new(), |code| format!("?code={code}"));
        format!("{scheme}://{addr}/{code}")
    }
}

/// A code that no program can guess: a random identifier of zenoh gives the bits.
fn random() -> String {
    let bits = ZenohIdProto::rand().to_le_bytes();
    bits.iter().take(LENGTH).map(|byte| char::from(SIGNS[usize::from(byte % 32)])).collect()
}

/// The addresses at which other machines reach the page, with the interface of each.
pub(crate) fn addresses(page: SocketAddr, interfaces: Vec<Interface>) -> Vec<(SocketAddr, String)> {
    interfaces
        .into_iter()
        .filter(|interface| {
            let others_reach = !interface.is_loopback()
                && !interface.is_link_local()
                && interface.is_oper_up()
                && !is_of_containers(&interface.name);
            match page.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => others_reach && interface.ip().is_ipv4(),
                IpAddr::V6(ip) if ip.is_unspecified() => others_reach,
                ip => interface.ip() == ip,
            }
        })
        .map(|interface| (SocketAddr::new(interface.ip(), page.port()), interface.name))
        .collect()
}

/// Whether an interface leads to containers or virtual machines of this machine. Their tools choose
/// names with these beginnings.
fn is_of_containers(name: &str) -> bool {
    const TOOLS: [&str; 12] =
        ["docker", "br-", "veth", "virbr", "podman", "cni", "lxc", "lxd", "incus", "flannel", "cali", "vmnet"];
    TOOLS.iter().any(|tool| name.starts_with(tool))
}

/// A link as a code that a phone reads, for a terminal: two rows of it in each line. `colours` makes it black on white,
/// whatever the terminal's own colours are.
pub(crate) fn terminal_code(link: &str, colours: bool) -> Option<String> {
    /// The light border that readers expect, in modules.
    const BORDER: i32 = 2;
    let code = QrCode::encode_text(link, QrCodeEcc::Low).ok()?;
    let (begin, end) = if colours { ("\x1b[30;107m", "\x1b[0m") } else { ("", "") };
    let mut text = String::new();
    for y in (-BORDER..code.size() + BORDER).step_by(2) {
        text.push_str(begin);
        for x in -BORDER..code.size() + BORDER {
            // Without colours the ink of a terminal is light, as most are.
            let ink = |y: i32| code.get_module(x, y) == colours;
            text.push(match (ink(y), ink(y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str(end);
        text.push('\n');
    }
    Some(text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed expectation must stop the test")]
mod tests {
    use std::collections::HashSet;

    use if_addrs::{IfAddr, IfOperStatus, Ifv4Addr};

    use super::*;

    fn ip(last: u8) -> IpAddr {
        [192, 168, 1, last].into()
    }

    #[test]
    fn a_class_has_a_code_unless_it_wants_none() {
        let code = |lan, wished| Class::new(lan, wished).code().map(str::to_owned);
        assert_eq!(code(false, None), None);
        assert_eq!(code(true, Some("none")), None);
        assert_eq!(code(false, Some("abcd")).as_deref(), Some("ABCD"));
        let made: HashSet<_> = (0..100).map(|_| code(true, None).unwrap()).collect();
        assert_eq!(made.len(), 100, "each is another one");
        for code in made {
            assert!(code.len() == LENGTH && code.bytes().all(|sign| SIGNS.contains(&sign)), "{code}");
        }
    }

    #[test]
    fn a_wrong_code_is_refused_and_too_many_have_to_wait() {
        let class = Class::new(true, Some("K7QF2M"));
        let begun = Instant::now();
        assert_eq!(class.check(ip(1), None, begun), Err(NoEntry::Missing));
        assert_eq!(class.check(ip(1), Some(""), begun), Err(NoEntry::Missing));
        assert_eq!(class.check(ip(1), Some("k7qf2m"), begun), Ok(()));
        for _ in 0..TRIES {
            assert_eq!(class.check(ip(1), Some("AAAAAA"), begun), Err(NoEntry::Wrong));
        }
        // Not even the right one tells a guesser anything now.
        assert_eq!(class.check(ip(1), Some("K7QF2M"), begun), Err(NoEntry::Wait(WITHIN)));
        assert_eq!(class.check(ip(2), Some("K7QF2M"), begun), Ok(()), "others go on");
        let later = begun + WITHIN;
        assert_eq!(class.check(ip(1), Some("AAAAAA"), later), Err(NoEntry::Wrong));
        assert_eq!(class.check(ip(1), Some("K7QF2M"), later), Ok(()));
    }

    #[test]
    fn wrong_codes_of_many_addresses_take_bounded_memory() {
        let class = Class::new(true, Some("K7QF2M"));
        let now = Instant::now();
        for n in 0..(ADDRESSES as u32 + 100) {
            let from = IpAddr::from(n.to_be_bytes());
            assert_eq!(class.check(from, Some("AAAAAA"), now), Err(NoEntry::Wrong));
        }
        assert_eq!(class.wrong.lock().unwrap().len(), ADDRESSES);
    }

    #[test]
    fn only_the_labs_own_machine_is_its_own() {
        let lan = Class::new(true, None);
        let local = IpAddr::from([127, 0, 0, 1]);
        for host in ["127.0.0.1", "localhost", "[::1]"] {
            assert!(lan.is_own(local, Some(host)), "{host}");
        }
        for (from, host) in
            [(ip(1), Some("127.0.0.1")), (local, Some("lab.example")), (local, None), (local, Some("192.168.1.1"))]
        {
            assert!(!lan.is_own(from, host), "{from} {host:?}");
        }
        // A front passes others on.
        assert!(!Class::new(false, Some("ABCD")).is_own(local, Some("127.0.0.1")));
    }

    #[test]
    fn a_link_has_the_code() {
        let addr = SocketAddr::from(([10, 0, 0, 5], 8080));
        assert_eq!(Class::new(true, Some("k7qf")).link("http", addr), "http://10.0.0.5:8080/?code=K7QF");
        assert_eq!(Class::new(true, Some("none")).link("https", addr), "https://10.0.0.5:8080/");
    }

    #[test]
    fn the_code_in_the_terminal_has_every_module_of_the_link() {
        let link = "http://192.168.1.20:8080/?code=K7QF2M";
        let code = QrCode::encode_text(link, QrCodeEcc::Low).unwrap();
        for colours in [true, false] {
            let text = terminal_code(link, colours).unwrap().replace("\x1b[30;107m", "").replace("\x1b[0m", "");
            let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
            for y in 0..code.size() {
                for x in 0..code.size() {
                    let sign = lines[(y + 2) as usize / 2][(x + 2) as usize];
                    let ink = if y % 2 == 0 { "█▀" } else { "█▄" }.contains(sign);
                    assert_eq!(ink == colours, code.get_module(x, y), "{x} {y}");
                }
            }
        }
    }

    #[test]
    fn a_chosen_code_is_of_letters_and_digits() {
        assert_eq!(code("Klasse7b").as_deref(), Ok("Klasse7b"));
        assert_eq!(code("none").as_deref(), Ok("none"));
        for text in ["", "abc", "a b c d", "ab-cd", "äöüß", &"x".repeat(33)] {
            assert!(code(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_are_those_that_others_reach() {
        let interface = |name: &str, ip: &str, up: bool| Interface {
            name: name.into(),
            addr: IfAddr::V4(Ifv4Addr {
                ip: ip.parse().unwrap(),
                netmask: "255.255.255.0".parse().unwrap(),
                prefixlen: 24,
                broadcast: None,
            }),
            index: None,
            oper_status: if up { IfOperStatus::Up } else { IfOperStatus::Unknown },
            is_p2p: false,
        };
        let interfaces = vec![
            interface("lo", "127.0.0.1", true),
            interface("eth0", "192.168.1.20", true),
            interface("eth1", "192.168.2.20", false),
            interface("wlan0", "10.0.0.5", true),
            interface("wlan1", "169.254.3.4", true),
            interface("docker0", "172.17.0.1", true),
            interface("br-0123456789ab", "172.18.0.1", true),
            interface("veth12345", "172.19.0.1", true),
            interface("virbr0", "192.168.122.1", true),
            interface("br0", "192.168.3.20", true),
        ];
        let told = |page: &str| {
            let addresses = addresses(page.parse().unwrap(), interfaces.clone());
            addresses.into_iter().map(|(addr, name)| format!("{addr} {name}")).collect::<Vec<_>>()
        };
        assert_eq!(told("0.0.0.0:8080"), ["192.168.1.20:8080 eth0", "10.0.0.5:8080 wlan0", "192.168.3.20:8080 br0"]);
        // A user who names an address means exactly that one.
        assert_eq!(told("172.17.0.1:80"), ["172.17.0.1:80 docker0"]);
    }
}
