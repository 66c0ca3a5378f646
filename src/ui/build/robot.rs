//! The fields of a row of a robot, and those that rows of devices have too.

use std::rc::Rc;

use yew::prelude::*;

use crate::{
    app::{Action, Edit, Kind, Row, RowId},
    live::{Camera, MAX_SIDE, Plane, Robot},
    ui::kit::html::html,
    ui::kit::widgets::{NumberField, Select},
};

/// Which plane it is, and the camera, which all planes share.
pub(super) fn robot(send: &Callback<Action>, row: &Row, robot: Robot) -> Html {
    let Robot { plane, camera } = robot;
    let choose = move |key: &str| {
        let plane = Plane::ALL.into_iter().find(|plane| plane.name() == key).unwrap_or(plane);
        Kind::Robot(Robot { plane, camera })
    };
    let numbers = [
        ("row-width", "width", camera.width, 1, MAX_SIDE),
        ("row-height", "height", camera.height, 1, MAX_SIDE),
        ("row-seed", "seed", camera.seed, 0, u32::MAX),
    ];
    let change = move |at: usize, number: u32| {
        let camera = match at {
            0 => Camera { width: number, ..camera },
            1 => Camera { height: number, ..camera },
            _ => Camera { seed: number, ..camera },
        };
        Kind::Robot(Robot { plane, camera })
    };
    html! {
        <>
            { choice(send, row.id, ("row-plane", "plane", plane.name()), &Plane::ALL.map(Plane::name), Rc::new(choose)) }
            { sizes(send, row.id, &numbers, Rc::new(change)) }
            <p class="quiet note" id="robot-words">
                { "The lab paints what a camera sees in a room that turns. Each put is another frame, whose number and time go along as the \
                   attachment. All planes share the camera." }
            </p>
        </>
    }
}

/// A field that makes the row what the chosen key says: its id, label and key now, and all keys, which are
/// their words too.
pub(super) fn choice(
    send: &Callback<Action>,
    row: RowId,
    (id, label, key): (&'static str, &'static str, &'static str),
    keys: &[&'static str],
    become_chosen: Rc<dyn Fn(&str) -> Kind>,
) -> Html {
    let keys = keys.iter().map(|key| ((*key).into(), (*key).into())).collect::<Vec<_>>();
    let choose = send.reform(move |key: String| Action::Edit(row, Edit::Kind(become_chosen(&key))));
    html! {
        <div class="field"><label for={id}>{ label }</label>
            <div class="input"><Select {id} value={key} options={keys} {choose} /></div></div>
    }
}

/// Fields of numbers, each with its id, name, value, and the least and most that it takes. `become_one` gets the
/// place of the one that has changed.
pub(super) fn sizes(
    send: &Callback<Action>,
    row: RowId,
    numbers: &[(&'static str, &'static str, u32, u32, u32)],
    become_one: Rc<dyn Fn(usize, u32) -> Kind>,
) -> Html {
    html! {
        <div class="field around" role="group" aria-labelledby="row-size"><span class="label" id="row-size">{ "size" }</span>
            <div>
                { for numbers.iter().enumerate().map(|(at, &(id, name, value, least, most))| {
                    let become_one = become_one.clone();
                    let change = send.reform(move |number: usize| {
                        Action::Edit(row, Edit::Kind(become_one(at, u32::try_from(number).unwrap_or(most))))
                    });
                    html! { <NumberField {id} label={name} sign={name} value={value as usize} least={least as usize} most={most as usize} {change} /> }
                }) }
            </div></div>
    }
}
