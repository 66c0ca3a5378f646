//! A person who has a keyboard and no mouse.

use fantoccini::{
    actions::{InputSource, KeyAction, KeyActions},
    key::Key,
};
use serde_json::json;

use super::browser::{FOCUS, Page};

impl Page {
    /// Presses a key as `Control+Enter`, `Tab` or `a`, wherever the focus is.
    pub(crate) async fn key(&self, keys: &str) {
        let mut names: Vec<&str> = keys.split('+').collect();
        let pressed = names.pop().unwrap();
        let held: Vec<char> = names.into_iter().map(named).collect();
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in &held {
            actions = actions.then(KeyAction::Down { value: *value });
        }
        let value = named(pressed);
        actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        for value in held {
            actions = actions.then(KeyAction::Up { value });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Presses a key and waits for its effect.
    pub(crate) async fn key_until(&self, keys: &str, css: &str) {
        self.key(keys).await;
        self.wait(css).await;
    }

    /// Types a text, character by character.
    pub(crate) async fn type_text(&self, text: &str) {
        let mut actions = KeyActions::new("keyboard".to_owned());
        for value in text.chars() {
            actions = actions.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Types a text in place of the field's text.
    pub(crate) async fn type_over(&self, css: &str, text: &str) {
        self.tab_to(css).await;
        self.key("Control+a").await;
        self.type_text(text).await;
    }

    /// Presses the tab key until an element that matches has the focus. The element must be there, as a person
    /// sees it first. Two rounds through the page find it, and if not, the way is told.
    pub(crate) async fn tab_to(&self, css: &str) {
        self.wait(css).await;
        let mut way: Vec<String> = Vec::new();
        while !self.has_focus(css).await {
            let start = way.iter().filter(|stop| Some(*stop) == way.first()).count();
            assert!(start < 3 && way.len() < 1000, "{css} cannot be reached: {}", way.join(", "));
            way.push(self.run(FOCUS, vec![]).await.to_string());
            self.key("Tab").await;
        }
    }

    /// Moves to an element and presses it. Then waits for the effect.
    pub(crate) async fn enter(&self, css: &str, brings: &str) {
        self.tab_to(css).await;
        self.key_until("Enter", brings).await;
    }

    pub(crate) async fn has_focus(&self, css: &str) -> bool {
        self.run("return document.activeElement.matches(arguments[0])", vec![json!(css)]).await == json!(true)
    }
}

fn named(name: &str) -> char {
    let key = match name {
        "Control" => Key::Control,
        "Alt" => Key::Alt,
        "Shift" => Key::Shift,
        "Enter" => Key::Enter,
        "Tab" => Key::Tab,
        "Escape" => Key::Escape,
        "Delete" => Key::Delete,
        "Space" => return ' ',
        "ArrowUp" => Key::Up,
        "ArrowDown" => Key::Down,
        "ArrowLeft" => Key::Left,
        "ArrowRight" => Key::Right,
        "Home" => Key::Home,
        "End" => Key::End,
        "PageUp" => Key::PageUp,
        "PageDown" => Key::PageDown,
        character => return character.chars().next().unwrap(),
    };
    key.into()
}
