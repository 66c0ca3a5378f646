//! Liveliness tokens: the page's own, and those of peers.

use yew::prelude::*;

use crate::ui::router::tabs::{connect_first, declaration};
use crate::{
    app::{
        Action, Declaration, State,
        session::{Asking, Change, Entity, Liveliness, Token},
    },
    present::format,
    ui::kit::{
        html::html,
        widgets::{outside, problem, sends},
    },
};

/// The content of the tab.
pub(super) fn liveliness(state: &State, send: &Callback<Action>) -> Html {
    let live = &state.api.liveliness;
    let (own, others) = ((live.token_key.as_str(), &live.token), (live.key.as_str(), &live.watch));
    let watched = matches!(live.watch, Declaration::Declared(_));
    html! {
        <>
            { declaration(state, send, Entity::Token, "token", own, Change::TokenKey, ["Declare", "Undeclare"]) }
            <p class="quiet under" id="token-words" data-declared={matches!(live.token, Declaration::Declared(_)).to_string()}>
                { match &live.token {
                    Declaration::Declared(key) => format!("{} is alive, for others too, until it is undeclared or the session ends in whatever way.", key.shown()),
                    _ => "A token is a key that is there as long as its session.".to_owned(),
                } }
            </p>
            { declaration(state, send, Entity::Watch, "look for", others, Change::AliveKey, ["Watch", "Stop"]) }
            <div class="under">
                <button type="button" class="link" id="alive-list" onclick={sends(send, Change::List.into())}
                    disabled={!state.session.is_open() || watched || matches!(live.asking, Asking::UnderWay(_))}>{ "List once" }</button>
            </div>
            { connect_first(state, "see who is there") }
            if let Asking::Failed(cause) = &live.asking { { problem("alive-problem", cause) } }
            if watched || live.asking != Asking::None {
                <div class="samples" id="alive" data-state={match live.asking {
                    Asking::UnderWay(_) => "underway",
                    Asking::Done => "done",
                    _ => "none",
                }}>
                    <div class="samples-head"><h3>{ "Tokens" }</h3>
                        <span class="quiet" id="alive-count" title="A token that goes twice has departed twice" aria-live="polite"
                            data-alive={live.alive.to_string()} data-departed={live.departed.to_string()}>{ counts(live) }</span></div>
                    if !live.tokens.is_empty() {
                        <div class="table-scroll" tabindex="0" role="group" aria-label="Tokens">
                            <table>
                                <thead><tr><th scope="col">{ "time" }</th><th scope="col">{ "key" }</th><th scope="col">{ "state" }</th></tr></thead>
                                <tbody id="tokens">{ for live.tokens.iter().map(token) }</tbody>
                            </table>
                        </div>
                    }
                </div>
            }
        </>
    }
}

fn counts(live: &Liveliness) -> String {
    let departed = match live.departed {
        1 => "1 departure".to_owned(),
        more => format!("{} departures", format::thousands(more)),
    };
    let listed =
        if live.cut { format!("; the newest {} listed", format::count(live.tokens.len())) } else { String::new() };
    format!("{} alive, {departed}{listed}", format::thousands(live.alive))
}

fn token(token: &Token) -> Html {
    html! {
        <tr key={token.key.raw().to_owned()} data-token={token.key.raw().to_owned()} data-alive={token.alive.to_string()}>
            <td>{ &token.time }</td><td class="mono">{ outside(&token.key) }</td><td>{ if token.alive { "alive" } else { "gone" } }</td>
        </tr>
    }
}
