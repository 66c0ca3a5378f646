//! What stands above the panes: the door to a class, and the class that the page is in.

use yew::prelude::*;

use crate::{
    app::{
        Action, State,
        class::{Change, Door, Entry, Role, Studying, Teaching, name::MAX_NAME},
        stage::Large,
    },
    outside::{Ends, shown},
    present::class::{experiment::student_words, strip as words, wall::people},
    ui::kit::{
        html::html,
        text_field::TextField,
        widgets::{check, problem, sends, submits},
    },
};

fn button(id: &'static str, label: &'static str, send: &Callback<Action>, change: Change) -> Html {
    html! { <button type="button" {id} onclick={sends(send, Action::Class(change))}>{ label }</button> }
}

/// The strip; nothing for a page that is in no class, or shows its own.
pub(in crate::ui) fn strip(state: &State, send: &Callback<Action>) -> Html {
    let (word, title, body) = match &state.classroom.role {
        Role::Outside => return html! {},
        Role::Teacher(_) if state.stage.large == Some(Large::Class) => return html! {},
        Role::Teacher(teaching) => ("teaches", format!("Your class {}", teaching.class), beside(state, teaching, send)),
        Role::Door(entering) => door(entering, send),
        Role::Student(studying) => {
            let title = format!("Class {}, as {}", studying.class, shown(&studying.name));
            ("in", title, inside(state, studying, send))
        }
    };
    html! {
        <section id="classroom" aria-labelledby="classroom-title" data-state={word}>
            <h2 id="classroom-title">{ title }</h2>
            { body }
        </section>
    }
}

fn door(door: &Door, send: &Callback<Action>) -> (&'static str, String, Html) {
    let class = door.class.as_deref().unwrap_or("of your own");
    let (title, label) = if door.teaches {
        (format!("Open the class {class}"), "Open it")
    } else {
        (format!("Join the class {class}"), "Join")
    };
    let (word, failed) = match &door.entry {
        Entry::Asked => ("door", None),
        Entry::UnderWay => ("entering", None),
        Entry::Failed(problem) => ("failed", Some(problem)),
    };
    let body = html! {
        <>
            <form class="line" onsubmit={submits(send, Action::Class(Change::Enter))}>
                if !door.teaches {
                    <label for="class-name">{ "your name" }</label>
                    <TextField id="class-name" value={door.name.clone()} most={MAX_NAME} ends={Ends::LeftOut}
                        change={send.reform(|name| Action::Class(Change::Name(name)))} placeholder="or none: the lab gives you one" />
                }
                <button type="submit" id="class-join" class="primary" disabled={word == "entering"}>
                    { if word == "entering" { "On the way …" } else { label } }
                </button>
                { button("class-leave", "Not now", send, Change::Leave) }
                <span class="quiet">{ "The page connects when you press the button. Others see the name, and what you send." }</span>
            </form>
            if let Some(cause) = failed { { problem("class-problem", cause) } }
        </>
    };
    (word, title, body)
}

/// What goes on in a teacher's class while the page shows something else.
fn beside(state: &State, teaching: &Teaching, send: &Callback<Action>) -> Html {
    html! {
        <>
            <p id="class-people" role="status">{ people(teaching, state.lessons.link().as_deref()) }</p>
            { button("class-back", "Show the class", send, Change::Teach) }
        </>
    }
}

fn inside(state: &State, studying: &Studying, send: &Callback<Action>) -> Html {
    let follow = check("class-follow", "Follow", studying.follows, send.reform(|on| Action::Class(Change::Follow(on))));
    html! {
        <>
            <p id="class-teacher" role="status" data-here={if studying.teacher_here { "true" } else { "false" }}>{ words::teacher(studying) }</p>
            if !words::is_with_the_teacher(state, studying) { { button("class-go", "Go there", send, Change::GoThere) } }
            { follow }
            if state.shows_teachers_scene() {
                <p id="class-scene-here">{ "These rows are the teacher’s. Undo brings yours back." }</p>
            }
            if let Some(part) = student_words(&studying.taking) { <p id="class-part" role="status">{ part }</p> }
            <p class="quiet" id={if studying.carries.is_some() { "class-carries" } else { "class-measures" }}>{ words::link(studying) }</p>
            if let Some(warning) = words::too_long(state) {
                <p class="problem" id="class-too-long" role="alert">{ warning }{ " " }
                    { button("class-shorten", "Set up a shorter one", send, Change::Shorten) }</p>
            }
            { button("class-leave", "Leave", send, Change::Leave) }
        </>
    }
}
