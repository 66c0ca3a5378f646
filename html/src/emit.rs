//! Writes the template, and the code that fills its holes.
//!
//! A template is a text of marks, each followed by its name or text.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;

use crate::{
    marks::{BRANCHES, CHILDREN, ELEMENT, END, FIXED, LIST, LISTENER, NODES, OPEN, SPECIAL, TEXT},
    parse::{Attribute, Element, Node, Root, Value},
};

/// The attributes that are there or not, without a value of their own.
const FLAGS: [&str; 26] = [
    "allowfullscreen",
    "async",
    "autofocus",
    "autoplay",
    "controls",
    "default",
    "defer",
    "disabled",
    "formnovalidate",
    "hidden",
    "inert",
    "ismap",
    "itemscope",
    "loop",
    "multiple",
    "muted",
    "nomodule",
    "novalidate",
    "open",
    "playsinline",
    "readonly",
    "required",
    "reversed",
    "selected",
    "truespeed",
    "webkitdirectory",
];

/// What is written so far.
struct Writer {
    template: String,
    code: TokenStream,
    holes: Ident,
    wrong: Option<syn::Error>,
}

/// The whole macro as an expression.
pub(crate) fn root(root: &Root) -> TokenStream {
    let node = match root {
        Root(None) => return quote! { <::yew::virtual_dom::VNode as ::std::default::Default>::default() },
        Root(Some(Node::Component(tokens))) => return quote! { ::yew::html! { #tokens } },
        Root(Some(node)) => node,
    };
    let holes = Ident::new("holes", Span::mixed_site());
    let mut writer = Writer { template: String::new(), code: TokenStream::new(), holes, wrong: None };
    writer.node(node);
    let Writer { template, code, holes, wrong } = writer;
    if let Some(error) = wrong {
        return error.into_compile_error();
    }
    if code.is_empty() {
        return quote! { crate::ui::kit::html::fixed(#template) };
    }
    quote! {{
        let mut #holes = crate::ui::kit::html::Holes::new();
        #code
        #holes.build(#template)
    }}
}

impl Writer {
    /// Writes a mark, and a text that must not look like one.
    fn mark(&mut self, mark: char, text: &str) {
        if text.contains(|char: char| char < ' ' && char != '\n') {
            let error = syn::Error::new(Span::call_site(), format!("{text:?} has a control character in it"));
            self.wrong.get_or_insert(error);
        }
        self.template.push(mark);
        self.template.push_str(text);
    }

    /// Fills the next hole.
    fn fill(&mut self, how: &str, value: &TokenStream) {
        let (holes, how) = (&self.holes, Ident::new(how, Span::call_site()));
        // At the place of the value, so that an error about its type points to it.
        let span = value.span();
        self.code.extend(quote_spanned! { span=> #holes.#how(#value); });
    }

    fn nodes(&mut self, nodes: &[Node]) {
        nodes.iter().for_each(|node| self.node(node));
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Text(text) => self.mark(TEXT, text),
            Node::Block(tokens) => {
                self.mark(NODES, "");
                self.fill("nodes", tokens);
            }
            Node::Each(tokens) => {
                self.mark(NODES, "");
                self.fill("each", tokens);
            }
            Node::Component(tokens) => {
                self.mark(NODES, "");
                self.fill("node", &quote! { ::yew::html! { #tokens } });
            }
            Node::If { condition, then, other } => {
                self.mark(BRANCHES, "");
                let before = std::mem::take(&mut self.code);
                self.fill("branch", &quote! { true });
                self.nodes(then);
                self.mark(END, "");
                let first = std::mem::take(&mut self.code);
                self.fill("branch", &quote! { false });
                self.nodes(other);
                self.mark(END, "");
                let second = std::mem::replace(&mut self.code, before);
                self.code.extend(quote! { if #condition { #first } else { #second } });
            }
            Node::List { key, children } => {
                self.mark(LIST, "");
                if let Some(key) = key {
                    self.mark(SPECIAL, "k");
                    self.fill("key", &key.expression());
                }
                self.nodes(children);
                self.mark(END, "");
            }
            Node::Element(element) => self.element(element),
        }
    }

    /// In Yew's order: value, checked, reference, key, attributes, flags, class, listeners.
    fn element(&mut self, element: &Element) {
        self.mark(ELEMENT, &element.name);
        let field = matches!(&*element.name, "input" | "textarea");
        let is_special = |attribute: &Attribute| match &*attribute.name {
            "value" | "checked" => field,
            "ref" | "key" => true,
            _ => false,
        };
        let of = |name: &str| element.attributes.iter().find(|one| one.name == name && is_special(one));
        let special =
            [("value", "v", "value"), ("checked", "c", "flag"), ("ref", "r", "reference"), ("key", "k", "key")];
        let letters: String =
            special.iter().filter(|(name, ..)| of(name).is_some()).map(|(_, letter, _)| *letter).collect();
        if !letters.is_empty() {
            self.mark(SPECIAL, &letters);
        }
        for (name, _, how) in special {
            if let Some(attribute) = of(name) {
                self.fill(how, &attribute.value.expression());
            }
        }
        let listens = |attribute: &&Attribute| attribute.name.starts_with("on");
        // A stable sort: those of one rank stay in their order.
        let mut attributes: Vec<&Attribute> =
            element.attributes.iter().filter(|one| !is_special(one) && !listens(one)).collect();
        attributes.sort_by_key(|attribute| match &*attribute.name {
            "class" => 3,
            name if FLAGS.contains(&name) => 2,
            "value" | "checked" => 1,
            _ => 0,
        });
        for attribute in attributes {
            self.attribute(attribute);
        }
        for attribute in element.attributes.iter().filter(listens) {
            self.mark(LISTENER, "");
            let (holes, value) = (&self.holes, attribute.value.expression());
            let event = Ident::new(&attribute.name, Span::call_site());
            let span = value.span();
            self.code.extend(quote_spanned! { span=> crate::ui::kit::html::listen::#event(&mut #holes, #value); });
        }
        if !element.children.is_empty() {
            self.mark(CHILDREN, "");
            self.nodes(&element.children);
        }
        self.mark(END, "");
    }

    fn attribute(&mut self, Attribute { name, value }: &Attribute) {
        let flag = FLAGS.contains(&&**name);
        match value {
            Value::Fixed(text) if name != "class" || !text.is_empty() => self.mark(FIXED, &format!("{name}={text}")),
            Value::Fixed(_) => {}
            Value::Open(tokens) => {
                let always =
                    syn::parse2::<syn::LitBool>(tokens.clone()).ok().filter(|_| flag).map(|literal| literal.value);
                match always {
                    Some(true) => self.mark(FIXED, &format!("{name}={name}")),
                    Some(false) => {}
                    None => {
                        self.mark(OPEN, name);
                        match &**name {
                            "class" => self.fill("class", tokens),
                            _ if flag => self.fill("flag", tokens),
                            _ => self.fill("value", tokens),
                        }
                    }
                }
            }
        }
    }
}
