//! Reads what stands in `html!`.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, Ident, Lit, LitStr, Token, braced,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    token::Brace,
};

/// The whole of a macro.
pub(crate) struct Root(pub(crate) Option<Node>);

/// One node.
pub(crate) enum Node {
    /// A text that does not change.
    Text(String),
    /// `{ expression }`: none, one or many nodes.
    Block(TokenStream),
    /// `{ for expression }`: the nodes of an iterator.
    Each(TokenStream),
    /// `if`, with the nodes of both branches.
    If { condition: Expr, then: Vec<Node>, other: Vec<Node> },
    /// `<name …>`.
    Element(Element),
    /// `<>…</>`, or `<key={key}>…</>`.
    List { key: Option<Value>, children: Vec<Node> },
    /// `<Name … />`: left to Yew, with its children.
    Component(TokenStream),
}

/// An element.
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Vec<Node>,
}

/// An attribute, a listener, or one of the names that Yew treats in its own way.
pub(crate) struct Attribute {
    pub(crate) name: String,
    pub(crate) value: Value,
}

/// The value of an attribute.
pub(crate) enum Value {
    /// It stays the same.
    Fixed(String),
    /// It changes.
    Open(TokenStream),
}

/// The text of a literal, as the page shows it.
fn text(literal: &Lit) -> Option<String> {
    match literal {
        Lit::Str(text) => Some(text.value()),
        Lit::Char(char) => Some(char.value().to_string()),
        Lit::Int(number) => Some(number.base10_digits().to_owned()),
        Lit::Float(number) => Some(number.base10_digits().to_owned()),
        _ => None,
    }
}

impl Parse for Root {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.is_empty() {
            return Ok(Self(None));
        }
        let node = if input.peek(Token![<]) || input.peek(Brace) || input.peek(Token![if]) {
            input.parse()?
        } else {
            content(input)?
        };
        if input.is_empty() {
            Ok(Self(Some(node)))
        } else {
            Err(input.error("one node only: put several into `<>…</>`"))
        }
    }
}

/// What stands in braces.
fn content(input: ParseStream) -> syn::Result<Node> {
    if input.peek(Token![for]) {
        input.parse::<Token![for]>()?;
        return Ok(Node::Each(input.parse()?));
    }
    let ahead = input.fork();
    if let Ok(literal) = ahead.parse::<Lit>()
        && ahead.is_empty()
        && let Some(text) = text(&literal)
    {
        input.parse::<Lit>()?;
        return Ok(Node::Text(text));
    }
    Ok(Node::Block(input.parse()?))
}

fn branch(input: ParseStream) -> syn::Result<Vec<Node>> {
    let inside;
    braced!(inside in input);
    let mut nodes = Vec::new();
    while !inside.is_empty() {
        nodes.push(inside.parse()?);
    }
    Ok(nodes)
}

impl Parse for Node {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(Brace) {
            let inside;
            braced!(inside in input);
            return content(&inside);
        }
        if input.peek(Token![if]) {
            input.parse::<Token![if]>()?;
            let condition = Expr::parse_without_eager_brace(input)?;
            let then = branch(input)?;
            let other = if input.peek(Token![else]) {
                input.parse::<Token![else]>()?;
                if input.peek(Token![if]) { vec![input.parse()?] } else { branch(input)? }
            } else {
                Vec::new()
            };
            return Ok(Self::If { condition, then, other });
        }
        if !input.peek(Token![<]) {
            return Err(input.error("expected `<`, `{` or `if`"));
        }
        let ahead = input.fork();
        ahead.parse::<Token![<]>()?;
        if ahead.peek(Token![>]) {
            input.parse::<Token![<]>()?;
            input.parse::<Token![>]>()?;
            return Ok(Self::List { key: None, children: children(input, "")? });
        }
        let first = ahead.call(Ident::parse_any)?.to_string();
        if first == "key" && ahead.peek(Token![=]) {
            input.parse::<Token![<]>()?;
            let Attribute { value, .. } = input.parse()?;
            input.parse::<Token![>]>()?;
            return Ok(Self::List { key: Some(value), children: children(input, "")? });
        }
        if first.starts_with(char::is_uppercase) {
            return component(input);
        }
        element(input).map(Self::Element)
    }
}

/// The tokens of a component, up to its end: `/>`, or `</Name>` after its children.
fn component(input: ParseStream) -> syn::Result<Node> {
    let mut tokens = TokenStream::new();
    tokens.extend([input.parse::<TokenTree>()?]);
    let called: Ident = input.fork().parse()?;
    let (mut closes, mut is_open) = (false, false);
    loop {
        let token: TokenTree = input.parse()?;
        let slash = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '/');
        let angle = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '>');
        tokens.extend([token]);
        if angle && closes {
            return Ok(Node::Component(tokens));
        }
        is_open |= angle;
        if slash {
            closes = if is_open { input.fork().parse().ok().as_ref() == Some(&called) } else { input.peek(Token![>]) };
        }
    }
}

/// A name with dashes.
fn name(input: ParseStream) -> syn::Result<String> {
    let mut name = input.call(Ident::parse_any)?.unraw().to_string();
    while input.peek(Token![-]) {
        input.parse::<Token![-]>()?;
        name.push('-');
        name.push_str(&input.call(Ident::parse_any)?.to_string());
    }
    Ok(name)
}

fn children(input: ParseStream, of: &str) -> syn::Result<Vec<Node>> {
    let mut nodes = Vec::new();
    while !(input.peek(Token![<]) && input.peek2(Token![/])) {
        if input.is_empty() {
            return Err(input.error(format!("`<{of}>` has no end")));
        }
        nodes.push(input.parse()?);
    }
    input.parse::<Token![<]>()?;
    input.parse::<Token![/]>()?;
    let end = if input.peek(Token![>]) { String::new() } else { name(input)? };
    if end != of {
        return Err(input.error(format!("`</{end}>` ends `<{of}>`")));
    }
    input.parse::<Token![>]>()?;
    Ok(nodes)
}

fn element(input: ParseStream) -> syn::Result<Element> {
    input.parse::<Token![<]>()?;
    let called = name(input)?;
    let mut attributes = Vec::new();
    while !input.peek(Token![>]) && !input.peek(Token![/]) {
        attributes.push(input.parse()?);
    }
    let children = if input.peek(Token![/]) {
        input.parse::<Token![/]>()?;
        input.parse::<Token![>]>()?;
        Vec::new()
    } else {
        input.parse::<Token![>]>()?;
        children(input, &called)?
    };
    Ok(Element { name: called, attributes, children })
}

impl Parse for Attribute {
    fn parse(input: ParseStream) -> syn::Result<Self> {
        if input.peek(Brace) {
            let inside;
            braced!(inside in input);
            let ident = inside.call(Ident::parse_any)?;
            if !inside.is_empty() {
                return Err(inside.error("`{name}` is short for `name={name}`, and takes a name only"));
            }
            return Ok(Self { name: ident.unraw().to_string(), value: Value::Open(ident.into_token_stream()) });
        }
        let name = name(input)?;
        input.parse::<Token![=]>()?;
        let tokens = if input.peek(Brace) {
            match input.parse()? {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => group.stream(),
                token => token.into_token_stream(),
            }
        } else {
            input.parse::<Lit>()?.into_token_stream()
        };
        let fixed = syn::parse2::<Lit>(tokens.clone()).ok().and_then(|literal| text(&literal));
        let value = fixed.map_or(Value::Open(tokens), Value::Fixed);
        Ok(Self { name, value })
    }
}

impl Value {
    /// The value as an expression.
    pub(crate) fn expression(&self) -> TokenStream {
        match self {
            Self::Fixed(text) => LitStr::new(text, Span::call_site()).into_token_stream(),
            Self::Open(tokens) => tokens.clone(),
        }
    }
}
