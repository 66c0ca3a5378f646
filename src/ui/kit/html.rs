//! What the macro `html!` of the page leaves to be done while it runs: templates are read, once each,
//! and their holes filled.
//!
//! `html/` has the macro, and the list of marks, which is read here too. Whatever depends on the type of a value is a short
//! call here, because the page has more than a thousand of them.

use std::{cell::RefCell, rc::Rc, vec::IntoIter};

use yew::{
    html::IntoPropValue,
    prelude::*,
    virtual_dom::{AttributeOrProperty, Attributes, Key, Listener, VList, VNode, VTag, VText},
};
pub(crate) use zbytes_lab_html::html;

#[path = "../../../html/src/marks.rs"]
mod marks;

use marks::{BRANCHES, CHILDREN, ELEMENT, END, FIXED, LIST, LISTENER, NODES, OPEN, SPECIAL, TEXT};

/// What fills a hole of a template.
enum Hole {
    /// The value of an attribute, or that it is not there.
    Value(Option<AttrValue>),
    /// Whether an attribute is there, or which of two branches.
    Flag(bool),
    Listener(Option<Rc<dyn Listener>>),
    Key(Key),
    Reference(NodeRef),
    Node(VNode),
    Nodes(Vec<VNode>),
}

/// What fills the holes of one template, in its order.
pub(crate) struct Holes(Vec<Hole>);

impl Holes {
    #[inline(never)]
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }

    #[inline(never)]
    fn push(&mut self, hole: Hole) {
        self.0.push(hole);
    }

    #[inline(always)]
    pub(crate) fn value(&mut self, value: impl Value) {
        value.fill(self);
    }

    #[inline(always)]
    pub(crate) fn class(&mut self, classes: impl Into<Classes>) {
        self.classes(classes.into());
    }

    #[inline(never)]
    fn classes(&mut self, classes: Classes) {
        self.push(Hole::Value(classes.into_prop_value()));
    }

    #[inline(never)]
    pub(crate) fn flag(&mut self, is: bool) {
        self.push(Hole::Flag(is));
    }

    #[inline(always)]
    pub(crate) fn branch(&mut self, first: bool) {
        self.flag(first);
    }

    #[inline(always)]
    pub(crate) fn key(&mut self, key: impl Into<Key>) {
        self.push_key(key.into());
    }

    #[inline(never)]
    fn push_key(&mut self, key: Key) {
        self.push(Hole::Key(key));
    }

    #[inline(never)]
    pub(crate) fn reference(&mut self, reference: NodeRef) {
        self.push(Hole::Reference(reference));
    }

    #[inline(never)]
    fn listener(&mut self, listener: Option<Rc<dyn Listener>>) {
        self.push(Hole::Listener(listener));
    }

    #[inline(never)]
    pub(crate) fn node(&mut self, node: VNode) {
        self.push(Hole::Node(node));
    }

    #[inline(always)]
    pub(crate) fn nodes(&mut self, nodes: impl Nodes) {
        nodes.fill(self);
    }

    /// The nodes of an iterator.
    #[inline(always)]
    pub(crate) fn each<T: Into<VNode>>(&mut self, nodes: impl IntoIterator<Item = T>) {
        self.none();
        nodes.into_iter().for_each(|node| self.further(node.into()));
    }

    /// No node, unless further ones follow.
    #[inline(never)]
    fn none(&mut self) {
        self.push(Hole::Nodes(Vec::new()));
    }

    #[inline(never)]
    fn further(&mut self, node: VNode) {
        if let Some(Hole::Nodes(nodes)) = self.0.last_mut() {
            nodes.push(node);
        }
    }

    #[inline(never)]
    fn text(&mut self, text: AttrValue) {
        self.push(Hole::Node(VNode::VText(VText::new(text))));
    }

    /// The node of a template, whose holes are filled.
    #[inline(never)]
    pub(crate) fn build(self, template: &'static str) -> Html {
        part_of(template).node(&mut self.0.into_iter())
    }
}

/// The node of a template without holes.
#[inline(never)]
pub(crate) fn fixed(template: &'static str) -> Html {
    Holes::new().build(template)
}

/// A value of an attribute.
pub(crate) trait Value {
    /// Fills the next hole.
    fn fill(self, holes: &mut Holes);
}

/// What may stand in braces among nodes.
pub(crate) trait Nodes {
    /// Fills the next hole.
    fn fill(self, holes: &mut Holes);
}

/// `value` and `nodes` of a type.
macro_rules! fills {
    ($($trait:ident for $type:ty: |$holes:ident, $value:ident| $fill:expr;)*) => {$(
        impl $trait for $type {
            #[inline(never)]
            fn fill(self, $holes: &mut Holes) {
                let $value = self;
                $fill
            }
        }
    )*};
}

fills! {
    Value for Option<AttrValue>: |holes, value| holes.push(Hole::Value(value));
    Value for AttrValue: |holes, value| holes.value(Some(value));
    Value for &AttrValue: |holes, value| holes.value(value.clone());
    Value for &'static str: |holes, value| holes.value(AttrValue::Static(value));
    Value for String: |holes, value| holes.value(AttrValue::from(value));
    Value for Option<&'static str>: |holes, value| holes.value(value.map(AttrValue::Static));
    Value for Option<String>: |holes, value| holes.value(value.map(AttrValue::from));
    Nodes for VNode: |holes, node| holes.node(node);
    Nodes for Vec<VNode>: |holes, nodes| holes.push(Hole::Nodes(nodes));
    Nodes for Option<VNode>: |holes, node| match node {
        Some(node) => holes.node(node),
        None => holes.none(),
    };
    Nodes for Option<String>: |holes, text| holes.nodes(text.map(VNode::from));
    Nodes for Option<&String>: |holes, text| holes.nodes(text.map(VNode::from));
    Nodes for char: |holes, char| holes.nodes(char.to_string());
    Nodes for AttrValue: |holes, text| holes.text(text);
    Nodes for &AttrValue: |holes, text| holes.text(text.clone());
    Nodes for String: |holes, text| holes.text(AttrValue::from(text));
    Nodes for &String: |holes, text| holes.nodes(text.clone());
    Nodes for &str: |holes, text| holes.nodes(text.to_owned());
    Nodes for usize: |holes, number| holes.nodes(number.to_string());
    Nodes for u64: |holes, number| holes.nodes(number.to_string());
}

/// Listeners, by their names.
pub(crate) mod listen {
    use super::*;

    macro_rules! listeners {
        ($($event:ident)*) => {$(
            #[inline(always)]
            pub(crate) fn $event(holes: &mut Holes, callback: impl yew::html::IntoEventCallback<yew::html::$event::Event>) {
                #[inline(never)]
                fn listen(holes: &mut Holes, callback: Option<Callback<yew::html::$event::Event>>) {
                    let listener = callback.map(|callback| Rc::new(yew::html::$event::Wrapper::new(callback)) as Rc<dyn Listener>);
                    holes.listener(listener);
                }
                listen(holes, callback.into_event_callback());
            }
        )*};
    }

    listeners! {
        onblur onchange onclick onclose ondblclick onfocus onfocusin onfocusout oninput onkeydown onpaste
        onpointercancel onpointerdown onpointerleave onpointermove onpointerover onpointerup onscroll onsubmit
    }
}

/// A part of a template.
enum Part {
    Text(&'static str),
    Nodes,
    Element(Box<Element>),
    /// Whether it has a key, and its parts.
    List(bool, Vec<Part>),
    Branches(Vec<Part>, Vec<Part>),
}

/// An element of a template.
struct Element {
    /// The element without whatever changes.
    like: VTag,
    /// The letters of what has a hole before the attributes.
    special: &'static str,
    keys: &'static [&'static str],
    /// The values that stay the same, by the keys. Empty, where all do.
    fixed: Vec<Option<&'static str>>,
    listeners: usize,
    children: Vec<Part>,
}

/// The mark that a template has next.
fn next(template: &str) -> char {
    template.chars().next().unwrap_or(END)
}

/// Takes the mark and its text.
fn take(template: &mut &'static str) -> &'static str {
    let rest = template.get(1..).unwrap_or_default();
    let end = rest.find(|char: char| char < ' ' && char != '\n').unwrap_or(rest.len());
    let (text, after) = rest.split_at(end);
    *template = after;
    text
}

/// Reads the parts up to an end, and takes that.
fn parts(template: &mut &'static str) -> Vec<Part> {
    let mut parts = Vec::new();
    while next(template) != END {
        parts.push(part(template));
    }
    take(template);
    parts
}

fn part(template: &mut &'static str) -> Part {
    let mark = next(template);
    let text = take(template);
    match mark {
        TEXT => Part::Text(text),
        NODES => Part::Nodes,
        LIST => Part::List(!special(template).is_empty(), parts(template)),
        ELEMENT => Part::Element(Box::new(element(text, template))),
        BRANCHES => Part::Branches(parts(template), parts(template)),
        // The macro begins no part by another mark.
        _ => Part::Text(""),
    }
}

/// The letters of what has a hole before anything else.
fn special(template: &mut &'static str) -> &'static str {
    if next(template) == SPECIAL { take(template) } else { "" }
}

fn element(name: &'static str, template: &mut &'static str) -> Element {
    let special = special(template);
    let (mut keys, mut fixed) = (Vec::new(), Vec::new());
    while let mark @ (FIXED | OPEN) = next(template) {
        let text = take(template);
        let (key, value) = if mark == FIXED { text.split_once('=').unzip() } else { (Some(text), None) };
        keys.extend(key);
        fixed.push(value);
    }
    let mut listeners = 0;
    while next(template) == LISTENER {
        take(template);
        listeners += 1;
    }
    let children = if next(template) == CHILDREN {
        take(template);
        parts(template)
    } else {
        take(template);
        Vec::new()
    };
    let mut like = VTag::new(AttrValue::Static(name));
    if fixed.iter().all(Option::is_some) {
        let all =
            keys.iter().zip(&fixed).filter_map(|(key, value)| Some((*key, AttributeOrProperty::Static((*value)?))));
        like.set_attributes(Attributes::Static(Vec::leak(all.collect())));
        fixed.clear();
    }
    Element { like, special, keys: Vec::leak(keys), fixed, listeners, children }
}

thread_local! {
    /// The templates that were read, by their places in memory. Yew compares keys by theirs, so what
    /// was read stays for good: there are as many as the sources have macros.
    static READ: RefCell<Vec<(&'static str, &'static Part)>> = const { RefCell::new(Vec::new()) };
}

fn part_of(template: &'static str) -> &'static Part {
    let place = |template: &str| (template.as_ptr(), template.len());
    READ.with_borrow_mut(|read| match read.binary_search_by_key(&place(template), |(read, _)| place(read)) {
        Ok(at) => read[at].1,
        Err(at) => {
            let made: &'static Part = Box::leak(Box::new(part(&mut &*template)));
            read.insert(at, (template, made));
            made
        }
    })
}

type Filling = IntoIter<Hole>;

impl Part {
    fn node(&self, holes: &mut Filling) -> VNode {
        match self {
            Self::Text(text) => VNode::VText(VText::new(AttrValue::Static(text))),
            Self::Nodes => match holes.next() {
                Some(Hole::Node(node)) => node,
                Some(Hole::Nodes(nodes)) => list(nodes),
                _ => VNode::default(),
            },
            Self::Element(element) => element.node(holes),
            Self::List(has_key, parts) => {
                let key = has_key.then(|| holes.next());
                let mut list = VList::with_children(nodes(parts, holes), None);
                if let Some(Some(Hole::Key(key))) = key {
                    list.key = Some(key);
                }
                list.into()
            }
            Self::Branches(first, second) => {
                let is_first = matches!(holes.next(), Some(Hole::Flag(true)));
                list(nodes(if is_first { first } else { second }, holes))
            }
        }
    }
}

fn list(nodes: Vec<VNode>) -> VNode {
    VNode::VList(Rc::new(VList::with_children(nodes, None)))
}

/// The nodes of parts. A hole that has many gives all of them.
fn nodes(parts: &[Part], holes: &mut Filling) -> Vec<VNode> {
    let mut nodes = Vec::with_capacity(parts.len());
    for part in parts {
        if let (Part::Nodes, Some(Hole::Nodes(_))) = (part, holes.as_slice().first()) {
            if let Some(Hole::Nodes(more)) = holes.next() {
                nodes.extend(more);
            }
        } else {
            nodes.push(part.node(holes));
        }
    }
    nodes
}

fn value(holes: &mut Filling, key: &'static str) -> Option<AttrValue> {
    match holes.next() {
        Some(Hole::Value(value)) => value,
        Some(Hole::Flag(true)) => Some(AttrValue::Static(key)),
        _ => None,
    }
}

impl Element {
    fn node(&self, holes: &mut Filling) -> VNode {
        let mut tag = self.like.clone();
        tag.node_ref = NodeRef::default();
        for letter in self.special.chars() {
            match (letter, holes.next()) {
                (_, Some(Hole::Value(value))) => tag.set_value(value),
                (_, Some(Hole::Flag(is))) => tag.set_checked(is),
                (_, Some(Hole::Reference(reference))) => tag.node_ref = reference,
                (_, Some(Hole::Key(key))) => tag.key = Some(key),
                _ => {}
            }
        }
        if !self.fixed.is_empty() {
            let values = self.keys.iter().zip(&self.fixed).map(|(key, fixed)| match fixed {
                Some(fixed) => Some(AttributeOrProperty::Static(fixed)),
                None => value(holes, key).map(AttributeOrProperty::Attribute),
            });
            tag.set_attributes(Attributes::Dynamic { keys: self.keys, values: values.collect() });
        }
        if self.listeners > 0 {
            let listeners = holes.by_ref().take(self.listeners).map(|hole| match hole {
                Hole::Listener(listener) => listener,
                _ => None,
            });
            tag.set_listeners(listeners.collect());
        }
        if let Some(children) = tag.children_mut() {
            *children = match &self.children[..] {
                [] => VNode::default(),
                [one] => one.node(holes),
                many => list(nodes(many, holes)),
            };
        }
        tag.into()
    }
}
