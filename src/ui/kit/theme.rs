//! Light, dark, or the system's theme. The page keeps the choice in the browser's storage, if it
//! has one.

use yew::prelude::*;

use crate::ui::kit::html::html;

use crate::app::keys;

/// The key of the choice in the browser's storage.
const STORED: &str = "zbytes-lab.theme";

/// The colours of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    const fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// Shows the theme and keeps it. If the browser refuses to store it, the theme still holds for
    /// this page.
    fn set(self) {
        let Some(window) = web_sys::window() else { return };
        if let Some(root) = window.document().and_then(|document| document.document_element()) {
            let _ = match self {
                Self::System => root.remove_attribute("data-theme"),
                chosen => root.set_attribute("data-theme", chosen.name()),
            };
        }
        if let Ok(Some(storage)) = window.local_storage() {
            let _ = match self {
                Self::System => storage.remove_item(STORED),
                chosen => storage.set_item(STORED, chosen.name()),
            };
        }
    }

    fn stored() -> Self {
        let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
        match storage.and_then(|storage| storage.get_item(STORED).ok().flatten()).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }
}

/// Shows the stored choice.
pub(crate) fn restore() {
    Theme::stored().set();
}

/// The button in the top bar.
#[component]
pub(crate) fn ThemeButton() -> Html {
    let theme = use_state(Theme::stored);
    let onclick = {
        let theme = theme.clone();
        Callback::from(move |_: MouseEvent| {
            let next = theme.next();
            next.set();
            theme.set(next);
        })
    };
    let words = match *theme {
        Theme::System => "Colours: as the system says. Switch to light.",
        Theme::Light => "Colours: light. Switch to dark.",
        Theme::Dark => "Colours: dark. Switch to the system's.",
    };
    html! {
        <button type="button" class="icon" id="theme" {onclick} aria-label={words} title={format!("{words} {}", keys::hint("theme").unwrap_or_default())}
            aria-keyshortcuts={keys::aria("theme")} data-value={theme.name()}>
            <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
                <circle class="line" cx="9" cy="9" r="6.5" />
                { match *theme {
                    Theme::System => html! { <path class="ink" d="M9 2.5A6.5 6.5 0 0 1 9 15.5Z" /> },
                    Theme::Light => html! {},
                    Theme::Dark => html! { <circle class="ink" cx="9" cy="9" r="6.5" /> },
                } }
            </svg>
        </button>
    }
}
