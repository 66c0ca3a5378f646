//! The session and its link: the agreed parameters, the traffic, and the reason of a loss.

use std::time::Duration;

use yew::prelude::*;

use crate::ui::router::tabs::counts;
use crate::{
    app::{
        Session, State,
        locator::HUB,
        pause::{self, StoodStill},
        session::{HubFigures, LinkStats, Loss},
    },
    client::Traffic,
    present::format,
    ui::kit::html::html,
};

fn fact(id: &'static str, name: &'static str, value: impl Into<AttrValue>) -> Html {
    html! { <div><dt>{ name }</dt><dd {id}>{ value.into() }</dd></div> }
}

fn seconds(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{} s", time.as_secs()) } else { format!("{:.1} s", time.as_secs_f64()) }
}

fn traffic(traffic: &Traffic) -> String {
    let Traffic { messages, bytes, batches } = traffic;
    format!(
        "{} in {}, {}",
        format::plural(*messages as usize, "message"),
        format::batches(*batches as usize),
        format::size(*bytes as usize)
    )
}

/// What the hub is, and what it has done for all tabs.
fn hub(HubFigures { copied, forwarded, dropped, links }: &HubFigures) -> String {
    let mut words = "a router inside this browser, over a MessagePort".to_owned();
    if *links > 0 {
        words += &format!(
            ". For all of its {} it copied {} of payloads, once for each link that they left by, in {}; it dropped {}",
            format::plural(*links as usize, "link"),
            format::size(*copied as usize),
            format::plural(*forwarded as usize, "message"),
            format::thousands(*dropped),
        );
    }
    words
}

/// The content of the tab.
pub(super) fn link(state: &State) -> Html {
    let LinkStats { sent, received, dropped, sessions, round_trip } = &state.api.link;
    let agreed = match &state.session {
        Session::Open(info) => html! {
            <>
                if state.locator == HUB { { fact("link-hub", "hub", hub(&state.api.hub)) } }
                { fact("agreed-router", "router", info.router_zid.to_string()) }
                { fact("agreed-page", "this page", info.zid.to_string()) }
                { fact("agreed", "agreed", format!(
                    "batch {} B, {} lanes, sn {} bit, patch {}",
                    format::count(info.batch_size.into()), info.lanes, info.sn_bits, info.patch,
                )) }
                { fact("agreed-lease", "leases", format!(
                    "gone after {} of silence here, after {} there", seconds(info.lease), seconds(info.router_lease),
                )) }
            </>
        },
        _ => html! { <p class="quiet">{ "No session is open. What went over the last one is below." }</p> },
    };
    html! {
        <dl class="link-facts">
            { agreed }
            { fact("link-sent", "sent", traffic(sent)) }
            { fact("link-received", "received", traffic(received)) }
            { fact("link-dropped", "lost samples", format!(
                "{} dropped here, {} numbered ones missed", format::thousands(*dropped), format::thousands(state.api.missed),
            )) }
            { fact("link-fence", "last fence", round_trip.map_or_else(|| "none yet".to_owned(), |took| {
                format!("answered after {}{}", format::took(took.time), pause::within(&took))
            })) }
            { fact("link-sessions", "reconnects", format::thousands(sessions.saturating_sub(1))) }
            { for state.api.stood_still.as_ref().map(still) }
            { fact("link-loss", "last loss", state.api.loss.as_ref().map_or_else(|| "none".to_owned(), loss)) }
        </dl>
    }
}

fn still(StoodStill { time, pause, outlived }: &StoodStill) -> Html {
    let end = if *outlived { " The session has outlived it." } else { "" };
    html! {
        <div>
            <dt>{ "last pause" }</dt>
            <dd id="link-still" data-still={pause.still.as_millis().to_string()} data-outlived={outlived.to_string()}>
                { format!("{time}: {}{end}", pause::words(*pause).unwrap_or_default()) }
            </dd>
        </div>
    }
}

fn loss(Loss { time, problem, unfinished }: &Loss) -> String {
    let unfinished = match unfinished.all() {
        0 => "Nothing was unfinished.".to_owned(),
        _ => format!("Unfinished: {}.", counts(unfinished)),
    };
    format!("{time}: {} {} {unfinished}", problem.title, problem.detail)
}
