//! That the lists of all variants leave none out. A test makes them from what the compiler asks for.

use super::{
    Preset, View,
    build::Fill,
    keys::Context,
    ownership::Experiment,
    session::Tab,
    sight::Order,
    stage::{Below, Pane},
    wire::Format,
};

/// The compiler asks for a variant that is added here, and the test for it in the list of all.
macro_rules! none_left_out {
    ($($name:ident: $($variant:ident)+;)+) => {$(
        let known = |one: $name| match one { $($name::$variant => ()),+ };
        $name::ALL.into_iter().for_each(known);
        let there = [$($name::$variant),+];
        let missing: Vec<_> = there.iter().filter(|one| !$name::ALL.contains(one)).collect();
        assert!(missing.is_empty(), "{}::ALL leaves out {missing:?}", stringify!($name));
        assert_eq!(there.len(), $name::ALL.len(), "{}::ALL has one twice", stringify!($name));
    )+};
}

#[test]
fn lists_of_all_leave_none_out() {
    none_left_out! {
        Experiment: Write Detach Worker Refuse Grow Drop;
        Order: Bytes Owners;
        Pane: Build Layout Cost Router Ownership;
        Below: Router Cost Ownership Segment;
        Context: Drawing Lines Bytes Frames Fields FrameBytes Wire Program Build Cost Presenter Large Page;
        View: AsSet AllCopy AllBorrow AllMove;
        Tab: Put Get Answer Liveliness Link Wire;
        Preset: Tensor Framed Message Frame Cloud ThreeSmall ManyTiny Robot Camera;
        Fill: Ramp Zeros Noise;
        Format: JsonLines Pcapng;
    }
}
