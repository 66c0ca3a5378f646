//! Liveliness: the token of this page, and the tokens that it is told of.

use serde::{Deserialize, Serialize};

use super::{
    change::Task,
    declaration::{Declaration, retyped},
    get::Asking,
    limits::LISTED,
};
use crate::{app::state::State, outside::Outside};

/// A token that a session has declared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its key.
    pub key: Outside,
    /// Whether it is there; else it has gone.
    pub alive: bool,
    /// Local time of day when it was told.
    pub time: String,
}

/// Liveliness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Liveliness {
    /// The key of this page's own token, as typed.
    pub token_key: String,
    /// The token.
    pub token: Declaration,
    /// The key expression of the tokens that are looked for, as typed.
    pub key: String,
    /// Whether they are watched.
    pub watch: Declaration,
    /// The last list that was asked for.
    pub asking: Asking,
    /// Tokens that are alive, of those that were told since the watch or the list began.
    pub alive: u64,
    /// How often one has gone since then. A token that comes back and goes again counts twice.
    pub departed: u64,
    /// What was told last, one entry a key, newest first, at most [`LISTED`].
    pub tokens: Vec<Token>,
    /// Whether older entries had to make room.
    pub cut: bool,
}

impl Liveliness {
    /// Forgets what was told: a watch or a list begins.
    pub(super) fn begin(&mut self) {
        (self.alive, self.departed, self.cut) = (0, 0, false);
        self.tokens.clear();
    }

    /// A token has come, or has gone. Each change is told once.
    pub(super) fn told(&mut self, token: Token) {
        if token.alive {
            self.alive += 1;
        } else {
            self.alive = self.alive.saturating_sub(1);
            self.departed += 1;
        }
        self.tokens.retain(|other| other.key != token.key);
        self.cut |= self.tokens.len() >= LISTED;
        self.tokens.truncate(LISTED - 1);
        self.tokens.insert(0, token);
    }
}

impl Default for Liveliness {
    fn default() -> Self {
        Self {
            token_key: "lab/alive/page".to_owned(),
            token: Declaration::None,
            key: "lab/alive/**".to_owned(),
            watch: Declaration::None,
            asking: Asking::None,
            alive: 0,
            departed: 0,
            tokens: Vec::new(),
            cut: false,
        }
    }
}

impl State {
    /// Another key for the token was typed.
    pub(super) fn token_key_typed(&mut self, key: String) {
        self.api.liveliness.token_key = key;
        retyped(&mut self.api.liveliness.token);
    }

    /// Another key expression for tokens was typed.
    pub(super) fn alive_key_typed(&mut self, key: String) {
        self.api.liveliness.key = key;
        retyped(&mut self.api.liveliness.watch);
        if matches!(self.api.liveliness.asking, Asking::Failed(_)) {
            self.api.liveliness.asking = Asking::None;
        }
    }

    pub(super) fn list(&mut self) -> Option<Task> {
        if matches!(self.api.liveliness.asking, Asking::UnderWay(_)) {
            return None;
        }
        if let Some(problem) = self.not_open("The page asked no session for its tokens.") {
            self.api.liveliness.asking = Asking::Failed(problem);
            return None;
        }
        let id = self.next_id();
        let liveliness = &mut self.api.liveliness;
        liveliness.asking = Asking::UnderWay(id);
        liveliness.begin();
        Some(Task::List(id, liveliness.key.clone()))
    }
}
