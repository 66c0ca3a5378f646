//! The fields of a row of a robot.

use yew::prelude::*;

use crate::{
    app::{Action, Edit, Kind, Row},
    live::{Camera, MAX_SIDE, Plane, Robot},
    ui::kit::html::html,
    ui::kit::widgets::{NumberField, Select},
};

/// Which plane it is, and the camera, which all planes share.
pub(super) fn robot(send: &Callback<Action>, row: &Row, robot: Robot) -> Html {
    let Robot { plane, camera } = robot;
    let planes = Plane::ALL.into_iter().map(|plane| (plane.name().into(), plane.name().into())).collect::<Vec<_>>();
    let become_plane = move |key: String| {
        let plane = Plane::ALL.into_iter().find(|plane| plane.name() == key).unwrap_or(plane);
        Kind::Robot(Robot { plane, camera })
    };
    let id = row.id;
    let choose = send.reform(move |key| Action::Edit(id, Edit::Kind(become_plane(key))));
    let with = move |at: usize, number: u32| match at {
        0 => Camera { width: number, ..camera },
        1 => Camera { height: number, ..camera },
        _ => Camera { seed: number, ..camera },
    };
    let numbers = [
        ("row-width", "width", camera.width, 1..=MAX_SIDE),
        ("row-height", "height", camera.height, 1..=MAX_SIDE),
        ("row-seed", "seed", camera.seed, 0..=u32::MAX),
    ];
    html! {
        <>
            <div class="field"><label for="row-plane">{ "plane" }</label>
                <div class="input"><Select id="row-plane" value={plane.name()} options={planes} {choose} /></div></div>
            <div class="field around" role="group" aria-labelledby="row-size"><span class="label" id="row-size">{ "size" }</span>
                <div>
                    { for numbers.into_iter().enumerate().map(|(at, (field, name, value, range))| {
                        let (least, most) = (*range.start(), *range.end());
                        let change = send.reform(move |number: usize| {
                            let camera = with(at, u32::try_from(number).unwrap_or(most));
                            Action::Edit(id, Edit::Kind(Kind::Robot(Robot { plane, camera })))
                        });
                        html! { <NumberField id={field} label={name} sign={name} value={value as usize} least={least as usize} most={most as usize} {change} /> }
                    }) }
                </div></div>
            <p class="quiet note" id="robot-words">
                { "The lab paints what a camera sees in a room that turns. Each put is another frame, whose number and time go along as the \
                   attachment. All planes share the camera." }
            </p>
        </>
    }
}
